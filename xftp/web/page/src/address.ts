// Addresses of XFTP routers: xftp://KEYHASH@HOST[,HOST…][:PORT]
//
// IPv6 hosts may stand in brackets, and have to in front of a port.

import { base64, fromBase64, Malformed } from "./bytes.ts";

export interface Address {
  keyHash: Uint8Array; // SHA-256 of the identity certificate
  hosts: string[]; // without brackets
  port: number;
}

const defaultPort = 443;

const isIPv6 = (host: string) => host.includes(":");
const bracketed = (host: string) => (isIPv6(host) ? `[${host}]` : host);

export function formatAddress(a: Address): string {
  const router = `xftp://${base64(a.keyHash)}@`;
  if (a.port === defaultPort) return router + a.hosts.join(",");
  return router + [...a.hosts.slice(0, -1), bracketed(a.hosts.at(-1)!)].join(",") + ":" + a.port;
}

/** hostname is a host as it stands in Address. */
export function hostname(host: string): string {
  const six = /^\[?((?:[\da-f]*:){2,7}[\da-f.]*)\]?$/i.exec(host)?.[1];
  if (six === undefined) return host;
  try {
    return new URL(`http://[${six}]`).hostname.slice(1, -1);
  } catch {
    throw new Malformed("a router's address that is none");
  }
}

const host = String.raw`\[[\da-fA-F:.]+\]|(?:[\da-fA-F]*:){2,7}[\da-fA-F]*|[\w.-]+`;
const address = new RegExp(`^xftp://([\\w-]+=*)@((?:${host})(?:,(?:${host}))*)(?::(\\d{1,5}))?$`);

export function parseAddress(s: string): Address {
  const m = address.exec(s);
  if (!m) throw new Malformed("a router's address that is none");
  const keyHash = fromBase64(m[1]!);
  const port = m[3] === undefined ? defaultPort : Number(m[3]);
  if (keyHash.length !== 32 || port < 1 || port > 65535) throw new Malformed("a router's address that is none");
  return { keyHash, hosts: m[2]!.split(",").map(hostname), port };
}

/** originOf is where a browser that is on a host reaches the router: on that host if it is one of the router's. */
export function originOf(a: Address, here: string): string {
  const onion = (h: string) => h.endsWith(".onion");
  const host = a.hosts.find((h) => h === hostname(here)) ?? a.hosts.find((h) => onion(h) === onion(here)) ?? a.hosts[0]!;
  return `https://${bracketed(host)}${a.port === defaultPort ? "" : ":" + a.port}`;
}
