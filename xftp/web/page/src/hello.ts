// The hello with a router (facts: XFTP, section 2.3). TLS only says that the browser has accepted some certificate for
// the host. That the router is the one of the address shows by the signature of a challenge.

import { type Address } from "./address.ts";
import { type Bytes, concat, Malformed, pad, random, Reader, short, u16, unpad, utf8 } from "./bytes.ts";
import { checkSignedKey, verifyChain } from "./certificate.ts";
import { verify } from "./keys.ts";
import { bareWord, blockSize } from "./wire.ts";

const minVersion = 1;
const maxVersion = 3;

export function newChallenge(): Bytes {
  return random(32);
}

export function helloBlock(challenge: Uint8Array): Bytes {
  return pad(concat(utf8("1"), short(challenge)), blockSize);
}

export interface Hello {
  session: Uint8Array;
  answer: Bytes; // the block to answer with
}

/** BareError is the word with which a router refuses a hello. */
export class BareError extends Error {}

/** readHello checks a router's hello in every way. */
export async function readHello(block: Uint8Array, challenge: Uint8Array, router: Address, now: number): Promise<Hello> {
  const content = unpad(block);
  const refusal = bareWord(content);
  if (refusal) throw new BareError(refusal);
  const r = new Reader(content);
  const [min, max] = [r.u16(), r.u16()];
  const session = r.short();
  const chain = Array.from({ length: r.u8() }, () => r.large());
  const signedKey = r.large();
  const proof = r.empty ? new Uint8Array(0) : r.short();
  const leaf = await verifyChain(chain, router.keyHash, now);
  if (!verify(leaf, concat(challenge, session), proof)) throw new Malformed("The router has not proved that it is the one of its address.");
  checkSignedKey(signedKey, leaf);
  if (min > maxVersion || max < minVersion) throw new Malformed("The router speaks another version of the protocol.");
  const version = Math.min(max, maxVersion);
  return { session, answer: pad(concat(u16(version), short(router.keyHash)), blockSize) };
}
