// Sizes of packets and of files (facts: XFTP, sections 5.2 and 5.3).

import { Malformed } from "./bytes.ts";

const kb = 1024;
const mb = 1024 * kb;
const gb = 1024 * mb;

/** maxFile is the largest file that the page sends, as with the command-line program. */
export const maxFile = gb;

/** splitSizes says in which packets a payload travels. */
export function splitSizes(payload: number): number[] {
  let [small, big] = [64 * kb, 256 * kb];
  if (payload > 3 * mb) [small, big] = [mb, 4 * mb];
  else if (payload > 768 * kb) [small, big] = [256 * kb, mb];
  const sizes: number[] = [];
  let rest = payload;
  for (; rest >= big; rest -= big) sizes.push(big);
  if (rest > (big / 4) * 3) return [...sizes, big];
  for (; rest > 0; rest -= small) sizes.push(small);
  return sizes;
}

const units: [string, number][] = [["gb", gb], ["mb", mb], ["kb", kb]];

/** sizeText is a size as descriptions have it: in the largest unit that leaves no fraction. */
export function sizeText(n: number): string {
  for (const [name, size] of units) if (n % size === 0) return n / size + name;
  return String(n);
}

export function parseSize(s: string): number {
  const [, digits, unit] = /^(\d{1,15})(kb|mb|gb)?$/.exec(s) ?? [];
  if (digits === undefined) throw new Malformed("a size that is none");
  const n = Number(digits) * (units.find(([name]) => name === unit)?.[1] ?? 1);
  if (!Number.isSafeInteger(n)) throw new Malformed("a size that is too large");
  return n;
}

/** humanSize is a size for people. */
export function humanSize(n: number): string {
  if (n < kb) return n + (n === 1 ? " byte" : " bytes");
  const [name, size] = units.find(([, size]) => n >= size)!;
  const amount = n / size;
  return amount.toFixed(amount < 10 && n % size !== 0 ? 1 : 0) + " " + name.toUpperCase();
}
