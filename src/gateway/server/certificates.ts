import { createPrivateKey, generateKeyPairSync, type KeyObject, X509Certificate } from "node:crypto";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createSecureContext, type SecureContext } from "node:tls";
import { wallNow } from "#lib/wall.ts";
import { issueCertificate } from "#lib/x509.ts";

const DAY = 86_400_000;
const AUTHORITY_NAME = "Nube local certificate authority";
const AUTHORITY_DAYS = 3_650;
/** Apple's clients accept at most 825 days from an authority that the user added, others less. */
const LEAF_DAYS = 90;
const RENEW_DAYS = 30;
/** Certificates start a day in the past, for clients whose clock is slow. */
const BACKDATE = DAY;
/** Cached certificates of single names; issuing one again costs a signature. */
const MAX_CACHED_LEAVES = 500;

export interface Certificates {
  /** The path of the authority's certificate, which clients have to trust; created if necessary. */
  authority(): Promise<string>;
  /** The certificate for clients that send no host name, or one that is not ours. */
  standard(): Promise<Leaf>;
  contextFor(host: string): Promise<SecureContext>;
}

export interface Leaf {
  /** PEM, followed by the authority's certificate. */
  cert: string;
  key: string;
}

export interface CertificatesOptions {
  /** The folder of `ca.pem`, which clients have to trust, and `ca-key.pem`. */
  folder: string;
  /** The names in the certificate that is used without SNI. */
  hosts: readonly string[];
  /**
   * Any host under one of these gets its own certificate when it is first requested: `localhost`,
   * `localhost.localstack.cloud`.
   */
  suffixes: readonly string[];
  /** Milliseconds of wall time. */
  now?: () => number;
}

interface Authority {
  key: KeyObject;
  pem: string;
  notAfter: number;
}

/**
 * This cloud's certificate authority and the certificates that it signs. Nothing is created before the first
 * use.
 */
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

/** The stored pair, if both files exist, match, and outlive the certificates that they would sign. */
async function loadAuthority(folder: string, now: number): Promise<Authority | undefined> {
  let files: [key: string, pem: string];
  try {
    files = await Promise.all([readFile(keyFile(folder), "utf8"), readFile(certificateFile(folder), "utf8")]);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
  const authority = parseAuthority(...files);
  return authority && outlivesLeaves(authority, now) ? authority : undefined;
}

function parseAuthority(keyPem: string, pem: string): Authority | undefined {
  try {
    const key = createPrivateKey(keyPem);
    const certificate = new X509Certificate(pem);
    const notAfter = Date.parse(certificate.validTo);
    return certificate.checkPrivateKey(key) ? { key, pem, notAfter } : undefined;
  } catch {
    return undefined;
  }
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

/** Writes atomically, and without ever making the file readable to others. */
async function writeSecret(path: string, text: string): Promise<void> {
  const unfinished = `${path}.new`;
  await writeFile(unfinished, text, { mode: 0o600 });
  await rename(unfinished, path);
}

const newKey = () => generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
const pemOf = (key: KeyObject) => key.export({ type: "pkcs8", format: "pem" }) as string;
const wholeSecond = (ms: number) => Math.floor(ms / 1_000) * 1_000;
