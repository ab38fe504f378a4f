// An independent client creates a queue on a router over WebSocket, sends to it, receives, and acknowledges.
// Usage: node session.mjs HOST PORT FINGERPRINT(base64url). Prints the received text; exits with 1 on any failure.
import WebSocket from "ws";

const [host, port, fingerprint] = process.argv.slice(2);
const text = "hello from another implementation";

// simplex-js is made for browsers: these offer http/1.1 by ALPN, and their WebSocket is global. The certificate is
// checked by the client itself, against the fingerprint.
globalThis.WebSocket = class extends WebSocket {
  constructor(url) {
    super(url, { ALPNProtocols: ["http/1.1"], rejectUnauthorized: false });
  }
};
globalThis.self = globalThis; // where it looks for the browser's random numbers
console.log = () => {}; // the client traces every byte
const smp = await import("simplex-js");

const router = { host, port, keyHash: new Uint8Array(Buffer.from(fingerprint, "base64url")) };
const recipient = await smp.connectSMP(router);
const sender = await smp.connectSMP(router);

const auth = smp.generateX25519KeyPair();
const dh = smp.generateX25519KeyPair();
const delivered = new Promise((resolve) => {
  recipient.onMessage((entity, id, body) => resolve({ id, body }));
});
const queue = await recipient.createQueue({
  recipientAuthKey: smp.encodeX25519PublicKey(auth.publicKey),
  recipientDhKey: smp.encodeX25519PublicKey(dh.publicKey),
  recipientAuthPrivateKey: auth.privateKey,
  subscribeMode: "S",
});
await sender.sendMessage(queue.senderId, { notification: false, encMessage: new TextEncoder().encode(text) });

const { id, body } = await delivered;
const padded = smp.decryptMsgBody(body, id, smp.extractRawX25519(queue.serverDhKey), dh.privateKey);
const plain = padded.subarray(2, 2 + (padded[0] << 8) + padded[1]);
const received = new TextDecoder().decode(plain.subarray(10)); // behind the time, the flag and a space
await recipient.acknowledge(queue.recipientId, id, auth.privateKey);
recipient.close();
sender.close();
process.stdout.write(received + "\n");
process.exit(received === text ? 0 : 1);
