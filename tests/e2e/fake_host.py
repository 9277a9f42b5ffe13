#!/usr/bin/env python3
"""A redemption host that lies, for the tests.

usage: fake_host.py PKI MODE PORT_FILE CAPTURE_DIR [HOST_PORT TERMINAL_KEY TERMINAL_CERTIFICATE]

It holds the real host's keys, so that a terminal comes as far as its answers. Every body is kept in
CAPTURE_DIR, under the names that tests/e2e/validate reads. Modes:
  relay      asks the real host at HOST_PORT in the terminal's name, and answers what it answers
  nonce      signs the time for another request
  key        signs the time with a key that is not the host's
  head       acknowledges with a head that is not on the terminal's chain
  ahead      acknowledges records that were never sent
  garbage    answers what is no JSON
  huge       answers a megabyte
  error      answers 500
  cut        ends the connection in the middle of an answer
  silent     takes the request and never answers
"""
import base64
import hashlib
import http.client
import json
import os
import socket
import ssl
import subprocess
import sys
import tempfile
import time

MODES = 'relay nonce key head ahead garbage huge error cut silent'.split()


def b64u(data):
    return base64.urlsafe_b64encode(data).rstrip(b'=').decode()


def unb64u(text):
    return base64.urlsafe_b64decode(text + '=' * (-len(text) % 4))


def cbor(value):
    """The deterministic CBOR of the few types that the statements are made of."""
    def head(major, number):
        for bits, size in ((24, 1), (25, 2), (26, 4)):
            if number < 24:
                return bytes([major << 5 | number])
            if number < 1 << 8 * size:
                return bytes([major << 5 | bits]) + number.to_bytes(size, 'big')
        raise ValueError(number)
    if isinstance(value, int):
        return head(0, value) if value >= 0 else head(1, -1 - value)
    if isinstance(value, bytes):
        return head(2, len(value)) + value
    if isinstance(value, str):
        return head(3, len(value.encode())) + value.encode()
    if isinstance(value, list):
        return head(4, len(value)) + b''.join(map(cbor, value))
    return head(5, len(value)) + b''.join(cbor(k) + cbor(v) for k, v in value.items())


def openssl(*arguments, data=None):
    return subprocess.run(('openssl',) + arguments, input=data, check=True,
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout


def sign1(key_file, aad, payload):
    """COSE_Sign1 with ES256, its kid the start of the key's RFC 9679 thumbprint."""
    point = openssl('pkey', '-in', key_file, '-pubout', '-outform', 'DER')[-64:]
    key = {1: 2, -1: 1, -2: point[:32], -3: point[32:]}
    protected = cbor({1: -7, 4: hashlib.sha256(cbor(key)).digest()[:8]})
    signed = cbor(['Signature1', protected, aad, payload])
    der = openssl('dgst', '-sha256', '-sign', key_file, data=signed)
    r_len = der[3]
    r = der[4:4 + r_len]
    s = der[6 + r_len:]
    pair = b''.join(int.from_bytes(part, 'big').to_bytes(32, 'big') for part in (r, s))
    return b'\xd2' + cbor([protected, {}, payload, pair])


class RealHost:
    """The host, as the terminal would reach it: with the terminal's key and certificate."""

    def __init__(self, pki, port, key, certificate):
        with open(key, 'rb') as scalar:
            # RFC 5915, without the public key; openssl completes it.
            sec1 = (bytes.fromhex('303102010104 20') + scalar.read() +
                    bytes.fromhex('a00a06082a8648ce3d030107'))
        self.context = ssl.create_default_context(cafile=pki + '/ca.crt')
        with tempfile.NamedTemporaryFile() as pem:
            pem.write(openssl('ec', '-inform', 'DER', data=sec1))
            pem.flush()
            self.context.load_cert_chain(certificate, pem.name)
        self.port = int(port)

    def ask(self, method, target, fields, body):
        connection = http.client.HTTPSConnection('localhost', self.port, context=self.context,
                                                 timeout=10)
        # A minimal machine's resolver does not know the name that the certificate carries.
        plain = socket.create_connection(('127.0.0.1', self.port), 10)
        connection.sock = self.context.wrap_socket(plain, server_hostname='localhost')
        connection.request(method, target, body, fields)
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        return answer.status, content, answer.getheaders()


class FakeHost:
    def __init__(self, pki, mode, captures, real):
        self.pki, self.mode, self.captures, self.count = pki, mode, captures, 0
        self.real = RealHost(pki, *real) if mode == 'relay' else None
        os.makedirs(captures, exist_ok=True)
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.minimum_version = ssl.TLSVersion.TLSv1_3
        self.context.load_cert_chain(pki + '/host.crt', pki + '/host.key')
        self.context.load_verify_locations(pki + '/ca.crt')
        self.context.verify_mode = ssl.CERT_REQUIRED

    def statement(self, request, terminal):
        nonce = unb64u(request['nonce'])
        if self.mode == 'nonce':
            nonce = bytes(16)
        payload = cbor({1: int(time.time()), 2: nonce, 3: terminal})
        if self.mode != 'key':
            return b64u(sign1(self.pki + '/time.key', b'SCH1', payload))
        with tempfile.NamedTemporaryFile() as other:
            other.write(openssl('ecparam', '-name', 'prime256v1', '-genkey', '-noout'))
            other.flush()
            return b64u(sign1(other.name, b'SCH1', payload))

    def acknowledge(self, request, terminal):
        records = request['records']
        head = hashlib.sha256(unb64u(records[-1]['rec'])).digest()[:16] if records else bytes(16)
        seq = records[-1]['seq'] if records else 0
        if self.mode == 'head':
            head = bytes(b ^ 1 for b in head)
        if self.mode == 'ahead':
            seq += 1000
        return json.dumps({'v': 1, 'ack_seq': seq, 'ack_head': b64u(head), 'verdicts': [],
                           'next': {'delay_s': 900, 'jitter_s': 0, 'max_records': 64},
                           'time': self.statement(request, terminal)}).encode()

    def answer(self, method, target, fields, body, terminal):
        """Status, content and further fields, or None: say nothing."""
        if self.mode == 'relay':
            return self.real.ask(method, target, fields, body)
        if self.mode == 'silent':
            return None
        if self.mode == 'garbage':
            return 200, b'<html>It works!</html>', ()
        if self.mode == 'huge':
            return 200, b'{"v":1,"padding":"' + b'x' * 1000000 + b'"}', ()
        if self.mode == 'error' or target != '/v1/sync':
            return 500, b'{"type":"urn:scrip:err:internal","title":"no use","status":500}', ()
        return 200, self.acknowledge(json.loads(body), terminal), ()

    def capture(self, target, what, body):
        if target in ('/v1/sync', '/v1/redemptions'):
            name = '%s/%04d-%s-%s.json' % (self.captures, self.count, target[4:], what)
            with open(name, 'wb') as capture:
                capture.write(body)

    def exchange(self, stream, terminal):
        """One request and its answer; false at the connection's end."""
        line = stream.readline().decode()
        if not line:
            return False
        method, target = line.split()[:2]
        fields = {}
        while (field := stream.readline().decode()) not in ('\r\n', ''):
            name, _, value = field.partition(':')
            fields[name.lower()] = value.strip()
        body = stream.read(int(fields.get('content-length', 0)))
        self.count += 1
        self.capture(target, 'request', body)
        answer = self.answer(method, target, fields, body, terminal)
        if answer is None:
            time.sleep(60)
            return False
        status, content, more = answer
        self.capture(target, status, content)
        head = 'HTTP/1.1 %d Whatever\r\nContent-Length: %d\r\n' % (status, len(content))
        for name, value in more:
            if name.lower() not in ('content-length', 'connection', 'date'):
                head += '%s: %s\r\n' % (name, value)
        if not more:
            head += 'Content-Type: application/json\r\n'
        if self.mode == 'cut':
            content = content[:len(content) // 2]
        stream.write(head.encode() + b'\r\n' + content)
        stream.flush()
        return self.mode != 'cut'

    def serve(self, listener):
        while True:
            raw, _ = listener.accept()
            raw.settimeout(60)
            try:
                with self.context.wrap_socket(raw, server_side=True) as connection:
                    names = dict(connection.getpeercert()['subjectAltName'])
                    terminal = names['URI'].rpartition(':')[2]
                    with connection.makefile('rwb') as stream:
                        while self.exchange(stream, terminal):
                            pass
            except (OSError, ValueError) as problem:
                print('connection ended:', problem, file=sys.stderr, flush=True)


def main():
    if len(sys.argv) < 5 or sys.argv[2] not in MODES:
        sys.exit(__doc__)
    pki, mode, port_file, captures = sys.argv[1:5]
    listener = socket.create_server(('127.0.0.1', 0))
    host = FakeHost(pki, mode, captures, sys.argv[5:])
    with open(port_file + '.new', 'w') as port:
        print(listener.getsockname()[1], file=port)
    os.rename(port_file + '.new', port_file)
    host.serve(listener)


main()
