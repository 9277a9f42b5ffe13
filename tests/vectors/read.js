// The golden vectors of tokens.json, read by other means than ours: Node's own cryptography and the
// rules of firmware/SPEC.md sections 1 to 3, written down a second time. No package is needed.
'use strict';
const crypto = require('crypto');
const fs = require('fs');
const path = require('path');

const golden = JSON.parse(fs.readFileSync(path.join(__dirname, 'tokens.json'), 'utf8'));
const hex = (text) => Buffer.from(text, 'hex');
const b64 = (text) => hex(text).toString('base64url');

class Refused extends Error {}
const need = (condition, status) => {
    if (!condition) throw new Refused(status);
};

// Text to bytes: prefix, length, alphabet, transport.
const BASE45 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:';
const TAILS = {3: 1, 5: 2, 8: 3, 10: 4, 13: 5, 15: 6, 17: 7};

function base45(body) {
    const bytes = [];
    for (let i = 0; i < body.length; i += 3) {
        const group = [...body.slice(i, i + 3)].map((c) => BASE45.indexOf(c));
        const value = group.reduceRight((sum, digit) => sum * 45 + digit, 0);
        need(group.length > 1 && value <= (group.length === 3 ? 0xffff : 0xff), 'REFUSED_TEXT');
        if (group.length === 3) bytes.push(value >> 8);
        bytes.push(value & 0xff);
    }
    return Buffer.from(bytes);
}

function decimal(body) {
    const parts = [];
    for (let i = 0; i < body.length; i += 17) {
        const group = body.slice(i, i + 17);
        const count = TAILS[group.length];
        need(count !== undefined, 'REFUSED_TEXT');
        const value = BigInt(group);
        need(value < 1n << BigInt(8 * count), 'REFUSED_TEXT');
        parts.push(hex(value.toString(16).padStart(2 * count, '0')));
    }
    return Buffer.concat(parts);
}

function scan(text) {
    need(/^SCT[BD]/.test(text), 'REFUSED_FOREIGN');
    const isDecimal = text[3] === 'D';
    const body = text.slice(4);
    need(body.length >= (isDecimal ? 204 : 126) && body.length <= (isDecimal ? 778 : 480),
        'REFUSED_LENGTH');
    need((isDecimal ? /^[0-9]*$/ : /^[0-9A-Z $%*+./:-]*$/).test(body), 'REFUSED_LAYOUT');
    return isDecimal ? decimal(body) : base45(body);
}

// Deterministic CBOR: integers, strings, arrays, maps with integer keys in ascending order.
class Reader {
    constructor(bytes, status) {
        this.bytes = bytes;
        this.at = 0;
        this.status = status;
    }
    take(count) {
        need(this.at + count <= this.bytes.length, this.status);
        this.at += count;
        return this.bytes.subarray(this.at - count, this.at);
    }
    head() {
        const first = this.take(1)[0];
        const info = first & 31;
        if (info < 24) return {major: first >> 5, value: info};
        need(info < 28, this.status);
        const tail = this.take(1 << (info - 24));
        const value = BigInt('0x' + tail.toString('hex'));
        need(value >= [24n, 256n, 65536n, 4294967296n][info - 24], this.status);
        need(value <= BigInt(Number.MAX_SAFE_INTEGER), this.status);
        return {major: first >> 5, value: Number(value)};
    }
    item(depth) {
        const {major, value} = this.head();
        if (major === 0) return value;
        if (major === 1) return -1 - value;
        if (major === 2) return this.take(value);
        if (major === 3) return new TextDecoder('utf-8', {fatal: true}).decode(this.take(value));
        need(depth > 0 && (major === 4 || major === 5), this.status);
        return major === 4 ? this.array(value, depth) : this.map(value, depth);
    }
    array(count, depth) {
        const items = [];
        for (let i = 0; i < count; i++) items.push(this.item(depth - 1));
        return items;
    }
    map(pairs, depth) {
        const entries = new Map();
        let previous = null;
        for (let i = 0; i < pairs; i++) {
            const start = this.at;
            const key = this.item(0);
            need(Number.isInteger(key), this.status);
            const encoded = this.bytes.subarray(start, this.at);
            need(previous === null || Buffer.compare(previous, encoded) < 0, this.status);
            previous = encoded;
            entries.set(key, this.item(depth - 1));
        }
        return entries;
    }
    end() {
        need(this.at === this.bytes.length, this.status);
    }
}

function envelope(token) {
    need(token.length <= 320, 'REFUSED_SHAPE');
    const reader = new Reader(token, 'REFUSED_SHAPE');
    need(reader.take(2).equals(hex('d284')), 'REFUSED_SHAPE');
    const [header, unprotected, payload, signature] = reader.array(4, 2);
    reader.end();
    for (const part of [header, payload, signature]) need(Buffer.isBuffer(part), 'REFUSED_SHAPE');
    need(header.length === 13 && header.subarray(0, 5).equals(hex('a201260448')), 'REFUSED_SHAPE');
    need(unprotected instanceof Map && unprotected.size === 0, 'REFUSED_SHAPE');
    need(payload.length <= 230 && signature.length === 64, 'REFUSED_SHAPE');
    return {header, payload, signature, kid: header.subarray(5)};
}

function string(major, bytes) {
    need(bytes.length < 256, 'too long to write');
    const head = bytes.length < 24 ? [major << 5 | bytes.length] : [major << 5 | 24, bytes.length];
    return Buffer.concat([Buffer.from(head), bytes]);
}

const publicKey = crypto.createPublicKey({
    format: 'jwk',
    key: {kty: 'EC', crv: 'P-256', x: b64(golden.key.x), y: b64(golden.key.y)},
});

function isSigned({header, payload, signature}) {
    const toSign = Buffer.concat([hex('84'), string(3, Buffer.from('Signature1')),
        string(2, header), string(2, Buffer.from('SCT1')), string(2, payload)]);
    return crypto.verify('sha256', toSign, {key: publicKey, dsaEncoding: 'ieee-p1363'}, signature);
}

// The claims' rules.
const u32 = (value) => Number.isInteger(value) && value >= 0 && value <= 0xffffffff;
const id = (value) => Buffer.isBuffer(value) && value.length === 16;
const pair = (value) => Array.isArray(value) && value.length === 2 && value.every(u32);
const claim = (condition) => need(condition, 'REFUSED_CLAIMS');
const FORMS = {1: id, 2: u32, 3: u32, 4: u32, 5: pair, 6: u32, 7: id, 8: pair, 9: id};

function claims(payload) {
    const reader = new Reader(payload, 'REFUSED_CLAIMS');
    const all = reader.item(3);
    reader.end();
    claim(all instanceof Map && [...all.keys()].join() === '3,4,6,7,-65537');
    const [aud, exp, iat, cti, own] = all.values();
    claim(typeof aud === 'string' && /^[A-Z0-9-]{1,12}(\.[A-Z0-9-]{1,12}){0,2}$/.test(aud));
    claim(u32(exp) && u32(iat) && id(cti) && own instanceof Map);
    for (const [label, value] of own) claim(FORMS[label] !== undefined && FORMS[label](value));

    const [scope, flags] = [own.get(3) || 0, own.get(6) || 0];
    const redeem = (scope & 12) !== 0;
    claim(scope > 0 && scope < 16 && flags < 16 && (flags & 3) !== 3);
    claim(!redeem || aud.includes('.'));
    claim(own.has(4) === ((scope & 4) !== 0) && own.has(5) === redeem);
    claim(own.has(7) === own.has(9));
    claim(!own.has(5) || (own.get(5)[1] > 0 && own.get(5)[1] <= 999));
    const life = exp - iat;
    claim(life > 0 && own.has(8) === life > 900);
    claim(own.has(8) || !redeem || life <= 300);

    const names = {1: 'member', 4: 'offer', 5: 'limit', 7: 'txh', 8: 'status', 9: 'nonce'};
    const read = {aud, exp, iat, cti: cti.toString('hex'), tier: own.get(2) || 0, scope, flags};
    for (const [label, name] of Object.entries(names)) {
        const value = own.get(Number(label));
        if (value !== undefined) read[name] = Buffer.isBuffer(value) ? value.toString('hex') : value;
    }
    return read;
}

function read(text) {
    const token = scan(text);
    const parts = envelope(token);
    need(parts.kid.toString('hex') === golden.key.kid, 'REFUSED_KEY');
    need(isSigned(parts), 'REFUSED_SIGNATURE');
    return {token, claims: claims(parts.payload)};
}

// RFC 9679: the kid is the start of the SHA-256 of the COSE_Key with its required members alone.
function thumbprint() {
    const key = Buffer.concat([hex('a401022001215820'), hex(golden.key.x), hex('225820'), hex(golden.key.y)]);
    return crypto.createHash('sha256').update(key).digest('hex').slice(0, 16);
}

let failed = 0;
function report(good, name, what) {
    failed += good ? 0 : 1;
    console.log(`${good ? 'ok' : 'not ok'} - ${name}${good ? '' : ': ' + what}`);
}

const sorted = (object) => JSON.stringify(Object.entries(object).sort());
report(thumbprint() === golden.key.kid, 'the kid is the thumbprint', thumbprint());
for (const code of golden.codes) {
    try {
        const {token, claims: found} = read(code.text);
        const same = token.toString('hex') === code.token && sorted(found) === sorted(code.claims);
        report(same, code.name, sorted(found));
    } catch (error) {
        report(false, code.name, error.message);
    }
}
for (const code of golden.refused) {
    let status = 'OK';
    try {
        read(code.text);
    } catch (error) {
        status = error instanceof Refused ? error.message : 'error: ' + error.message;
    }
    report(status === code.status, `${code.name}: ${code.status}`, status);
}
console.log(`tokens.json: ${golden.codes.length} codes and ${golden.refused.length} refusals read by Node ${process.version}`);
process.exit(failed === 0 ? 0 : 1);
