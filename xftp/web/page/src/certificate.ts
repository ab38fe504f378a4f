// The router's certificates: X.509 (RFC 5280) as far as it takes to know that the leaf is the identity's.

import { equal, Malformed, Reader, text } from "./bytes.ts";
import { sha256, verify } from "./keys.ts";

const tagInteger = 0x02;
const tagBits = 0x03;
const tagUTCTime = 0x17;
const tagTime = 0x18;
const tagSequence = 0x30;
const tagVersion = 0xa0;

interface Element {
  tag: number;
  content: Uint8Array;
  whole: Uint8Array;
}

/** element reads one element of DER (X.690). */
function element(r: Reader): Element {
  const start = [r.u8(), r.u8()];
  let n = start[1]!;
  if (n >= 0x80) {
    if (n < 0x81 || n > 0x83) throw new Malformed("a certificate that is none");
    const length = [...r.take(n - 0x80)];
    start.push(...length);
    n = length.reduce((sum, b) => sum * 256 + b, 0);
  }
  const content = r.take(n);
  const whole = new Uint8Array(start.length + n);
  whole.set(start);
  whole.set(content, start.length);
  return { tag: start[0]!, content, whole };
}

function expect(r: Reader, tag: number): Element {
  const e = element(r);
  if (e.tag !== tag) throw new Malformed("a certificate that is none");
  return e;
}

/** bits is a BIT STRING of whole bytes. */
function bits(r: Reader): Uint8Array {
  const b = expect(r, tagBits).content;
  if (b[0] !== 0) throw new Malformed("a certificate that is none");
  return b.subarray(1);
}

interface Certificate {
  signed: Uint8Array;
  signature: Uint8Array;
  spki: Uint8Array;
  notBefore: number;
  notAfter: number;
}

function parseCertificate(der: Uint8Array): Certificate {
  const whole = new Reader(expect(new Reader(der), tagSequence).content);
  const signed = expect(whole, tagSequence);
  element(whole); // algorithm: that of the issuer's key
  const signature = bits(whole);
  const r = new Reader(signed.content);
  let e = element(r);
  if (e.tag === tagVersion) e = element(r);
  if (e.tag !== tagInteger) throw new Malformed("a certificate that is none"); // serial number
  expect(r, tagSequence); // algorithm
  expect(r, tagSequence); // issuer
  const validity = new Reader(expect(r, tagSequence).content);
  expect(r, tagSequence); // subject
  const spki = expect(r, tagSequence).whole;
  return { signed: signed.whole, signature, spki, notBefore: time(validity), notAfter: time(validity) };
}

/** time is in milliseconds since 1970. */
function time(r: Reader): number {
  const e = element(r);
  let digits = text(e.content);
  if (e.tag === tagUTCTime) digits = (digits < "50" ? "20" : "19") + digits;
  else if (e.tag !== tagTime) throw new Malformed("a certificate that is none");
  const m = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(digits);
  if (!m) throw new Malformed("a certificate that is none");
  const [year, month, ...rest] = m.slice(1).map(Number) as [number, number, number, number, number, number];
  return Date.UTC(year, month - 1, ...rest);
}

/**
 * verifyChain checks a chain, leaf first, whose second certificate is the identity that the fingerprint names, and
 * gives the key of the leaf. It is for routers that have come by way of a link: what stands above the identity adds
 * nothing to the fingerprint.
 */
export async function verifyChain(chain: Uint8Array[], fingerprint: Uint8Array, now: number): Promise<Uint8Array> {
  const [leafDER, identityDER] = chain;
  if (!leafDER || !identityDER || chain.length > 4) throw new Malformed("a chain of certificates that is none");
  if (!equal(await sha256(identityDER.slice()), fingerprint)) throw new Malformed("The router is another than its address says.");
  const leaf = parseCertificate(leafDER);
  const identity = parseCertificate(identityDER);
  if (!verify(identity.spki, leaf.signed, leaf.signature)) throw new Malformed("The router's certificate is not one of its identity.");
  if (now < leaf.notBefore || now > leaf.notAfter) throw new Malformed("The router's certificate has expired, or the clock here is wrong.");
  return leaf.spki;
}

/** signedKey checks the router's key of the session: SEQUENCE { key, algorithm, signature of key }. */
export function checkSignedKey(der: Uint8Array, leaf: Uint8Array): void {
  const r = new Reader(expect(new Reader(der), tagSequence).content);
  const key = expect(r, tagSequence).whole;
  element(r);
  if (!verify(leaf, key, bits(r))) throw new Malformed("The router's key is not signed by its certificate.");
}
