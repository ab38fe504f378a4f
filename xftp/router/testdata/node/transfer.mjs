// A client of XFTP on Node's own HTTP/2 and TLS. It says hello, carries out the commands that it is given, one after the
// other or all at once, and checks that the router ends every stream and the connection stays.
// Usage: node transfer.mjs PORT FINGERPRINT(hex) < JOB. JOB is JSON: together, window (of the client's streams), and
// commands, each {key: PKCS #8 in base64, entity, command: hex, body: FILE or "", out: FILE, end: "last" | "empty" | "late"}.
import { createPrivateKey, sign } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import http2 from "node:http2";
import tls from "node:tls";

const [port, fingerprint] = process.argv.slice(2);
const job = JSON.parse(readFileSync(0, "utf8"));
const blockSize = 16384;

const short = (b) => Buffer.concat([Buffer.from([b.length]), b]);
const word = (n) => Buffer.from([n >> 8, n & 255]);
const pad = (b) => Buffer.concat([word(b.length), b, Buffer.alloc(blockSize - 2 - b.length, "#")]);
const fail = (why) => {
  console.error(why);
  process.exit(1);
};

const socket = tls.connect({ host: "127.0.0.1", port, ALPNProtocols: ["xftp/1"], rejectUnauthorized: false });
await new Promise((resolve, reject) => socket.once("secureConnect", resolve).once("error", reject));
const session = http2.connect("https://127.0.0.1", { createConnection: () => socket, settings: { initialWindowSize: job.window } });
let closing = false;
session.on("goaway", (code) => fail(`GOAWAY ${code}`));
session.on("error", (error) => fail(`session: ${error}`));
session.on("close", () => closing || fail("the router has closed the connection"));

// request sends parts, each as soon as the one before is with the socket, and gives the body of the response.
function request(parts, end) {
  return new Promise((resolve, reject) => {
    const stream = session.request({ ":method": "POST", ":path": "/" }, { endStream: parts.length === 0 });
    const got = [];
    let status;
    stream.on("response", (headers) => (status = headers[":status"]));
    stream.on("data", (piece) => got.push(piece));
    stream.on("aborted", () => reject(new Error("the stream is aborted")));
    stream.on("error", reject);
    stream.on("close", () => {
      if (stream.rstCode !== 0 || status !== 200) reject(new Error(`code ${stream.rstCode}, status ${status}`));
      resolve(Buffer.concat(got));
    });
    const write = (i) => {
      if (i === parts.length - 1 && end === "last") return stream.end(parts[i]);
      if (i < parts.length) return stream.write(parts[i], () => write(i + 1));
      if (end === "empty") return stream.end();
      session.ping(() => stream.end()); // late: the router has all but the end
    };
    if (parts.length > 0) write(0);
  });
}

const hello = await request([]);
const idLength = hello[6];
const sessionID = hello.subarray(7, 7 + idLength);
const finished = socket.getFinished();
if (hello.length !== blockSize || !finished.subarray(-idLength).equals(sessionID)) fail("no hello, or of another session");
const answer = await request([pad(Buffer.concat([word(3), short(Buffer.from(fingerprint, "hex"))]))], "late");
if (answer.length !== 0) fail(`the hello is answered with ${answer.length} bytes`);

async function run({ key, entity, command, body, out, end }) {
  const signed = Buffer.concat([short(sessionID), short(Buffer.alloc(0)), short(Buffer.from(entity, "hex")), Buffer.from(command, "hex")]);
  const auth = key ? sign(null, signed, createPrivateKey({ key: Buffer.from(key, "base64"), format: "der", type: "pkcs8" })) : Buffer.alloc(0);
  const content = Buffer.concat([short(auth), signed]);
  const parts = [pad(Buffer.concat([Buffer.from([1]), word(content.length), content]))];
  if (body) parts.push(readFileSync(body));
  writeFileSync(out, await request(parts, end));
}

if (job.together) await Promise.all(job.commands.map(run));
else for (const c of job.commands) await run(c);
await new Promise((resolve, reject) => session.ping((error) => (error ? reject(error) : resolve())));
closing = true;
session.close();
