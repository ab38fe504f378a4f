// Addresses of XFTP routers: xftp://KEYHASH@HOST[,HOST…][:PORT]

import { base64, fromBase64, Malformed } from "./bytes.ts";

export interface Address {
  keyHash: Uint8Array; // SHA-256 of the identity certificate
  hosts: string[];
  port: number;
}

const defaultPort = 443;

export function formatAddress(a: Address): string {
  const port = a.port === defaultPort ? "" : ":" + a.port;
  return `xftp://${base64(a.keyHash)}@${a.hosts.join(",")}${port}`;
}

export function parseAddress(s: string): Address {
  const m = /^xftp:\/\/([\w-]+=*)@((?:[\w.-]+|\[[\da-fA-F:.]+\])(?:,(?:[\w.-]+|\[[\da-fA-F:.]+\]))*)(?::(\d{1,5}))?$/.exec(s);
  if (!m) throw new Malformed("a router's address that is none");
  const keyHash = fromBase64(m[1]!);
  const port = m[3] === undefined ? defaultPort : Number(m[3]);
  if (keyHash.length !== 32 || port < 1 || port > 65535) throw new Malformed("a router's address that is none");
  return { keyHash, hosts: m[2]!.split(","), port };
}

/** originOf is where a browser that is on a host reaches the router: on that host if it is one of the router's. */
export function originOf(a: Address, here: string): string {
  const onion = (h: string) => h.endsWith(".onion");
  const host = a.hosts.find((h) => h === here) ?? a.hosts.find((h) => onion(h) === onion(here)) ?? a.hosts[0]!;
  return `https://${host}${a.port === defaultPort ? "" : ":" + a.port}`;
}
