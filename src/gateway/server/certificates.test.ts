import { execFile } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { connect as connectHttp2 } from "node:http2";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, type TLSSocket } from "node:tls";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { type CertificatesOptions, certificates } from "./certificates.ts";
import { serve, text } from "./testing.ts";

const DAY = 86_400_000;
const HOSTS = ["localhost", "*.localhost", "127.0.0.1", "::1"];
const run = promisify(execFile);
const hasOpenssl = await run("openssl", ["version"]).then(
  () => true,
  () => false,
);

async function authority(options: Partial<CertificatesOptions> = {}) {
  const folder = await mkdtemp(join(tmpdir(), "nube-ca-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const make = () => certificates({ folder, hosts: HOSTS, suffixes: ["localhost"], ...options });
  const ca = () => readFile(join(folder, "ca.pem"), "utf8");
  return { folder, make, ca };
}

/** Performs a handshake, then closes. */
async function handshake(
  port: number,
  ca: string,
  servername: string,
): Promise<{ name: string; protocol: string | false | null }> {
  const socket: TLSSocket = connect({ port, host: "127.0.0.1", ca, servername, ALPNProtocols: ["http/1.1"] });
  onTestFinished(() => void socket.destroy());
  await new Promise((resolve, reject) => socket.once("secureConnect", resolve).once("error", reject));
  return { name: socket.getPeerCertificate().subjectaltname!, protocol: socket.alpnProtocol };
}

function get(port: number, ca: string, host: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const call = request({
      port,
      host,
      ca,
      servername: host === "127.0.0.1" ? "" : host,
      agent: false,
      lookup: toLoopback,
    });
    call.on("error", reject).on("response", async (answer) => {
      let body = "";
      for await (const piece of answer) body += piece;
      resolve(body);
    });
    call.end();
  });
}

const toLoopback = (
  _name: string,
  _options: unknown,
  done: (error: null, found: { address: string; family: number }[]) => void,
) => done(null, [{ address: "127.0.0.1", family: 4 }]);

test("the authority is a file, created before any connection if requested", async () => {
  const { folder, make, ca } = await authority();
  expect(await make().authority()).toBe(join(folder, "ca.pem"));
  expect(await ca()).toContain("BEGIN CERTIFICATE");
});

test("one port: TLS for an address, for localhost, and for names on demand", async () => {
  const { make, ca } = await authority();
  const { port } = await serve(async ({ secure, host }) => text(`${secure} ${host}`), {
    certificates: make(),
  });
  await make().standard();
  const pem = await ca();
  for (const host of ["127.0.0.1", "localhost", "bucket.s3.us-east-1.localhost", "my.bucket.s3.localhost"]) {
    expect(await get(port, pem, host)).toBe(`true ${host}:${port}`);
  }
  expect(await handshake(port, pem, "b.s3.localhost")).toEqual({
    name: "DNS:b.s3.localhost",
    protocol: "http/1.1",
  });
  await expect(handshake(port, pem, "example.com")).rejects.toMatchObject({
    code: "ERR_TLS_CERT_ALTNAME_INVALID",
  });
});

test("HTTP/2 inside TLS, by ALPN", async () => {
  const { make, ca } = await authority();
  const { port } = await serve(async ({ httpVersion, secure }) => text(`${httpVersion} ${secure}`), {
    certificates: make(),
  });
  await make().standard();
  const session = connectHttp2(`https://localhost:${port}`, { ca: await ca() });
  onTestFinished(() => void session.destroy());
  let body = "";
  for await (const piece of session.request({ ":path": "/" })) body += piece;
  expect(body).toBe("2.0 true");
});

test("the authority is created once, readable by its owner only, and replaced when its halves do not match", async () => {
  const { folder, make, ca } = await authority();
  await Promise.all([make().standard()]);
  const first = await ca();
  for (const file of ["ca.pem", "ca-key.pem"])
    expect((await stat(join(folder, file))).mode & 0o777).toBe(0o600);
  await make().standard();
  expect(await ca()).toBe(first);
  const other = await authority();
  await other.make().standard();
  await writeFile(join(folder, "ca.pem"), await other.ca());
  const leaf = new X509Certificate((await make().standard()).cert);
  expect(leaf.verify(new X509Certificate(await ca()).publicKey)).toBe(true);
});

test.each(["ca.pem", "ca-key.pem"])("an authority whose %s cannot be read is replaced", async (file) => {
  const { folder, make, ca } = await authority();
  await make().standard();
  for (const spoilt of ["", "-----BEGIN nothing"]) {
    await writeFile(join(folder, file), spoilt);
    const leaf = new X509Certificate((await make().standard()).cert);
    expect(leaf.verify(new X509Certificate(await ca()).publicKey)).toBe(true);
  }
});

test("certificates are renewed by real time, and the authority before it expires", async () => {
  let now = Date.parse("2026-01-01T00:00:00Z");
  const { make, ca } = await authority({ now: () => now });
  const store = make();
  const first = await store.standard();
  const context = await store.contextFor("a.localhost");
  const root = await ca();
  now += 59 * DAY;
  expect(await store.standard()).toBe(first);
  expect(await store.contextFor("A.localhost")).toBe(context);
  now += 2 * DAY;
  const second = new X509Certificate((await store.standard()).cert);
  expect(second.validTo).toBe("Jun  1 00:00:00 2026 GMT");
  expect(await store.contextFor("a.localhost")).not.toBe(context);
  expect(await ca()).toBe(root);
  now += 3_600 * DAY;
  await store.standard();
  expect(await ca()).not.toBe(root);
});

test.skipIf(!hasOpenssl)("openssl accepts the certificates in strict mode", async () => {
  const { folder, make } = await authority();
  const leaf = join(folder, "leaf.pem");
  await writeFile(leaf, (await make().standard()).cert);
  const caFile = join(folder, "ca.pem");
  const verify = async (flag: string, value: string) =>
    (
      await run("openssl", [
        "verify",
        "-x509_strict",
        "-purpose",
        "sslserver",
        "-CAfile",
        caFile,
        flag,
        value,
        leaf,
      ])
    ).stdout;
  expect(await verify("-verify_hostname", "localhost")).toContain("OK");
  expect(await verify("-verify_ip", "::1")).toContain("OK");
  await expect(verify("-verify_hostname", "example.com")).rejects.toThrow();
  expect((await run("openssl", ["verify", "-x509_strict", "-CAfile", caFile, caFile])).stdout).toContain(
    "OK",
  );
});
