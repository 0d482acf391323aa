import { createPrivateKey, generateKeyPairSync, type KeyObject, X509Certificate } from "node:crypto";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createSecureContext, type SecureContext } from "node:tls";
import { wallNow } from "#lib/wall.ts";
import { issueCertificate } from "#lib/x509.ts";

const DAY = 86_400_000;
const AUTHORITY_NAME = "Nube local certificate authority";
const AUTHORITY_DAYS = 3_650;
/** Apple's clients take no more than 825 days from an authority that the user added, others less. */
const LEAF_DAYS = 90;
const RENEW_DAYS = 30;
/** A day back, for clients whose clock is behind. */
const BACKDATE = DAY;
/** Names with a certificate of their own that are kept; making one again costs a signature. */
const MAX_CACHED_LEAVES = 500;

export interface Certificates {
  /** Path of the certificate that clients are given to trust, made if need be. */
  authority(): Promise<string>;
  /** What is shown to a client that names no host, or one that is not ours. */
  standard(): Promise<Leaf>;
  contextFor(host: string): Promise<SecureContext>;
}

export interface Leaf {
  /** PEM, with the authority's certificate behind the server's. */
  cert: string;
  key: string;
}

export interface CertificatesOptions {
  /** Where `ca.pem`, which clients are given to trust, and `ca-key.pem` are kept. */
  folder: string;
  /** Names for the certificate that is shown without SNI. */
  hosts: readonly string[];
  /** Any host under one of these gets its own certificate on demand: `localhost`, `localhost.localstack.cloud`. */
  suffixes: readonly string[];
  /** Milliseconds of wall time. */
  now?: () => number;
}

interface Authority {
  key: KeyObject;
  pem: string;
  notAfter: number;
}

/** An authority of this cloud's own and the certificates that it signs. Nothing is made before the first use. */
export function certificates({ folder, hosts, suffixes, now = wallNow }: CertificatesOptions): Certificates {
  const contexts = new Map<string, { context: SecureContext; notAfter: number }>();
  let leafKey: KeyObject | undefined;
  let authority: Authority | undefined;
  let making: Promise<Authority> | undefined;
  let current: { leaf: Leaf; notAfter: number } | undefined;

  const isFresh = (cached: { notAfter: number } | undefined) =>
    cached !== undefined && cached.notAfter - now() > RENEW_DAYS * DAY;

  async function currentAuthority(): Promise<Authority> {
    if (authority !== undefined && outlivesLeaves(authority, now())) return authority;
    making ??= loadOrMakeAuthority(folder, now()).finally(() => {
      making = undefined;
    });
    return (authority = await making);
  }

  async function issue(names: readonly string[]): Promise<{ leaf: Leaf; notAfter: number }> {
    const { key: issuerKey, pem } = await currentAuthority();
    const key = (leafKey ??= newKey());
    const notAfter = wholeSecond(now() + LEAF_DAYS * DAY);
    const cert = issueCertificate({
      subject: names[0]!.slice(0, 64),
      notBefore: wholeSecond(now() - BACKDATE),
      notAfter,
      key,
      issuer: { name: AUTHORITY_NAME, key: issuerKey },
      purpose: names,
    });
    return { leaf: { cert: cert + pem, key: pemOf(key) }, notAfter };
  }

  async function standard(): Promise<Leaf> {
    if (!isFresh(current)) current = await issue(hosts);
    return current!.leaf;
  }

  return {
    async authority() {
      await currentAuthority();
      return certificateFile(folder);
    },
    standard,
    async contextFor(host) {
      const hostName = host.toLowerCase();
      const name =
        isHostName(hostName) &&
        suffixes.some((suffix) => hostName === suffix || hostName.endsWith(`.${suffix}`))
          ? hostName
          : "";
      const cached = contexts.get(name);
      if (isFresh(cached)) return cached!.context;
      const { leaf, notAfter } =
        name === "" ? { leaf: await standard(), notAfter: current!.notAfter } : await issue([name]);
      const context = createSecureContext(leaf);
      contexts.delete(name);
      if (contexts.size >= MAX_CACHED_LEAVES) contexts.delete(contexts.keys().next().value!);
      contexts.set(name, { context, notAfter });
      return context;
    },
  };
}

const outlivesLeaves = ({ notAfter }: Pick<Authority, "notAfter">, now: number) =>
  notAfter - now > LEAF_DAYS * DAY;

const isHostName = (name: string) =>
  name.length <= 253 && /^[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*$/.test(name);

async function loadOrMakeAuthority(folder: string, now: number): Promise<Authority> {
  return (await loadAuthority(folder, now)) ?? makeAuthority(folder, now);
}

/** The pair in the folder, if both halves are there, belong together, and outlive what they would sign. */
async function loadAuthority(folder: string, now: number): Promise<Authority | undefined> {
  let files: [key: string, pem: string];
  try {
    files = await Promise.all([readFile(keyFile(folder), "utf8"), readFile(certificateFile(folder), "utf8")]);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
  const key = createPrivateKey(files[0]);
  const certificate = new X509Certificate(files[1]);
  const notAfter = Date.parse(certificate.validTo);
  return certificate.checkPrivateKey(key) && outlivesLeaves({ notAfter }, now)
    ? { key, pem: files[1], notAfter }
    : undefined;
}

async function makeAuthority(folder: string, now: number): Promise<Authority> {
  const key = newKey();
  const notAfter = wholeSecond(now + AUTHORITY_DAYS * DAY);
  const pem = issueCertificate({
    subject: AUTHORITY_NAME,
    notBefore: wholeSecond(now - BACKDATE),
    notAfter,
    key,
    issuer: { name: AUTHORITY_NAME, key },
    purpose: "authority",
  });
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeSecret(keyFile(folder), pemOf(key));
  await writeSecret(certificateFile(folder), pem);
  return { key, pem, notAfter };
}

const keyFile = (folder: string) => join(folder, "ca-key.pem");
const certificateFile = (folder: string) => join(folder, "ca.pem");

/** Whole or not at all, and never readable by others, not even for a moment. */
async function writeSecret(path: string, text: string): Promise<void> {
  const unfinished = `${path}.new`;
  await writeFile(unfinished, text, { mode: 0o600 });
  await rename(unfinished, path);
}

const newKey = () => generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
const pemOf = (key: KeyObject) => key.export({ type: "pkcs8", format: "pem" }) as string;
const wholeSecond = (ms: number) => Math.floor(ms / 1_000) * 1_000;
