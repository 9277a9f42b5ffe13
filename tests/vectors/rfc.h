/*
 * rfc: figures quoted from published standards, in lower-case hex.
 */
#ifndef TESTS_VECTORS_RFC_H
#define TESTS_VECTORS_RFC_H

/* RFC 6234 section 8.5 (FIPS 180), SHA-256 of "abc". */
#define RFC6234_SHA256_ABC "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

/* RFC 4231 section 4.3: key "Jefe", data "what do ya want for nothing?". */
#define RFC4231_CASE2_MAC "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"

/* RFC 5869 appendix A.1; A.3 has the same IKM, no salt and no info. */
#define RFC5869_CASE1_IKM "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b"
#define RFC5869_CASE1_SALT "000102030405060708090a0b0c"
#define RFC5869_CASE1_INFO "f0f1f2f3f4f5f6f7f8f9"
#define RFC5869_CASE1_OKM                                                                          \
    "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"
#define RFC5869_CASE3_OKM                                                                          \
    "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"

/* McGrew and Viega, The Galois/Counter Mode of Operation, appendix B, test case 4. */
#define GCM_CASE4_KEY "feffe9928665731c6d6a8f9467308308"
#define GCM_CASE4_IV "cafebabefacedbaddecaf888"
#define GCM_CASE4_PLAIN                                                                            \
    "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"                             \
    "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39"
#define GCM_CASE4_AAD "feedfacedeadbeeffeedfacedeadbeefabaddad2"
#define GCM_CASE4_SEALED                                                                           \
    "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e"                             \
    "21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091"                                     \
    "5bc94fbc3221a5db94fae95ae7121a47"

/* RFC 6979 appendix A.2.5: P-256, SHA-256, message "sample". */
#define RFC6979_X "c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721"
#define RFC6979_UX "60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"
#define RFC6979_UY "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299"
#define RFC6979_SAMPLE_R "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716"
#define RFC6979_SAMPLE_S "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8"

/* RFC 9679 section 6: an EC2 key's thumbprint. */
#define RFC9679_X "65eda5a12577c2bae829437fe338701a10aaa375e1bb5b5de108de439c08551d"
#define RFC9679_Y "1e52ed75701163f7f9e40ddf9f341b3dc9ba860af7e0ca7ca7e9eecd0084d19c"
#define RFC9679_THUMBPRINT "496bd8afadf307e5b08c64b0421bf9dc01528a344a43bda88fadd1669da253ec"

/* RFC 9285 sections 4.3 and 4.4: plain, base45. */
#define RFC9285_EXAMPLES                                                                           \
    {                                                                                              \
        {"AB", "BB8"}, {"Hello!!", "%69 VD92EX0"}, {"base-45", "UJCLQE7W581"},                     \
        {                                                                                          \
            "ietf!", "QED8WEX0"                                                                    \
        }                                                                                          \
    }

/* RFC 8392 appendix A.3: a signed CWT in three parts, and the key of A.2.3. */
#define RFC8392_A3_HEAD "d28443a10126a05850"
#define RFC8392_A3_CLAIMS                                                                          \
    "a70175636f61703a2f2f61732e6578616d706c652e636f6d02656572696b7703"                             \
    "7818636f61703a2f2f6c696768742e6578616d706c652e636f6d041a5612aeb0"                             \
    "051a5610d9f0061a5610d9f007420b71"
#define RFC8392_A3_TAIL                                                                            \
    "58405427c1ff28d23fbad1f29c4c7c6a555e601d6fa29f9179bc3d7438bacaca"                             \
    "5acd08c8d4d4f96131680c429a01f85951ecee743a52b9b63632c57209120e1c"                             \
    "9e30"
#define RFC8392_A23_POINT                                                                          \
    "04143329cce7868e416927599cf65a34f3ce2ffda55a7eca69ed8919a394d42f"                             \
    "0f60f7f1a780d8a783bfb7a2dd6b2796e8128dbbcef9d3d168db9529971a36e7"                             \
    "b9"

/* RFC 9180 appendix A.3.1: DHKEM(P-256, HKDF-SHA256), HKDF-SHA256, AES-128-GCM, base mode; the
 * first encryption. */
#define RFC9180_INFO "4f6465206f6e2061204772656369616e2055726e"
#define RFC9180_EPHEMERAL "4995788ef4b9d6132b249ce59a77281493eb39af373d236a1fe415cb0c2d7beb"
#define RFC9180_RECIPIENT "f3ce7fdae57e1a310d87f1ebbde6f328be0a99cdbcadf4d6589cf29de4b8ffd2"
#define RFC9180_RECIPIENT_POINT                                                                    \
    "04fe8c19ce0905191ebc298a9245792531f26f0cece2460639e8bc39cb7f706a"                             \
    "826a779b4cf969b8a0e539c7f62fb3d30ad6aa8f80e30f1d128aafd68a2ce72e"                             \
    "a0"
#define RFC9180_ENC                                                                                \
    "04a92719c6195d5085104f469a8b9814d5838ff72b60501e2c4466e5e67b325a"                             \
    "c98536d7b61a1af4b78e5b7f951c0900be863c403ce65c9bfcb9382657222d18"                             \
    "c4"
#define RFC9180_TEXT "4265617574792069732074727574682c20747275746820626561757479"
#define RFC9180_AAD "436f756e742d30"
#define RFC9180_SEALED                                                                             \
    "5ad590bb8baa577f8619db35a36311226a896e7342a6d836d8b7bcd2f20b6c7f"                             \
    "9076ac232e3ab2523f39513434"

#endif
