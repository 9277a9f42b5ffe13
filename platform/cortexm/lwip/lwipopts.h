/*
 * lwipopts: the lwIP of a terminal: one TCP connection at a time, DHCP, names, nothing that
 * listens.
 *
 * It fits in about 8 KiB: segments of 536 bytes need no path discovery, and two of them in flight
 * are enough for records of a few hundred bytes.
 */
#ifndef PLATFORM_CORTEXM_LWIP_LWIPOPTS_H
#define PLATFORM_CORTEXM_LWIP_LWIPOPTS_H

#define NO_SYS 1
#define SYS_LIGHTWEIGHT_PROT 0 /* the owner task alone calls lwIP; interrupts only set a flag */
#define LWIP_TIMERS 1

#define LWIP_NETCONN 0
#define LWIP_SOCKET 0
#define LWIP_STATS 0
#define LWIP_NETIF_API 0
#define LWIP_NETIF_HOSTNAME 0
#define LWIP_NETIF_LOOPBACK 0
#define LWIP_HAVE_LOOPIF 0
#define LWIP_RAW 0
#define LWIP_AUTOIP 0
#define LWIP_IGMP 0
#define IP_FORWARD 0
#define IP_REASSEMBLY 0
#define IP_FRAG 0
#define IP_OPTIONS_ALLOWED 0 /* source routes and their kind are dropped */
#define LWIP_ICMP 1

#define LWIP_ARP 1
#define ARP_TABLE_SIZE 4
#define ARP_QUEUE_LEN 1
#define LWIP_DHCP 1
#define LWIP_DHCP_MAX_DNS_SERVERS 1
#define LWIP_DHCP_DOES_ACD_CHECK 0 /* seven seconds at every boot */
#define LWIP_DNS 1
#define DNS_TABLE_SIZE 1
#define DNS_MAX_NAME_LENGTH 65
#define DNS_MAX_SERVERS 1
#define LWIP_UDP 1
#define LWIP_TCP 1

#define MEM_ALIGNMENT 4
#define MEM_SIZE 2560
#define MEMP_NUM_TCP_PCB 3 /* one open, others in TIME-WAIT */
#define MEMP_NUM_TCP_PCB_LISTEN 1
#define MEMP_NUM_TCP_SEG 6
#define MEMP_NUM_UDP_PCB 2
#define MEMP_NUM_PBUF 4
#define MEMP_NUM_REASSDATA 0
#define MEMP_NUM_SYS_TIMEOUT 7
#define PBUF_POOL_SIZE 6
#define PBUF_POOL_BUFSIZE 592

#define TCP_MSS 536
#define TCP_CALCULATE_EFF_SEND_MSS 0 /* the interface carries them whole */
#define TCP_OVERSIZE 0               /* a record is written at once, and sent */
#define TCP_WND (2 * TCP_MSS)
#define TCP_SND_BUF (2 * TCP_MSS)
#define TCP_SND_QUEUELEN 6
#define TCP_QUEUE_OOSEQ 0
#define TCP_SNDLOWAT 1
#define LWIP_TCP_TIMESTAMPS 0
#define LWIP_WND_SCALE 0

#define CHECKSUM_CHECK_IP 1
#define LWIP_CHECKSUM_ON_COPY 0

#endif
