import { createHash, createPublicKey, type KeyObject, sign } from "node:crypto";
import { addressBytes } from "./ip-address.ts";

/**
 * The content of a certificate (RFC 5280). Keys are EC P-256 or RSA; times are whole seconds, in milliseconds
 * since 1970.
 */
export interface CertificateFacts {
  subject: string;
  notBefore: number;
  notAfter: number;
  /** The private key whose public half is certified. */
  key: KeyObject;
  issuer: { name: string; key: KeyObject };
  /**
   * DNS names and IP addresses of a server; `"authority"` for a certificate that signs others, `"messages"`
   * for one that signs messages.
   */
  purpose: "authority" | "messages" | readonly string[];
}

/** Signs a version 3 certificate; returns PEM. Node can parse certificates but not create them. */
export function issueCertificate({
  subject,
  notBefore,
  notAfter,
  key,
  issuer,
  purpose,
}: CertificateFacts): string {
  const spki = createPublicKey(key).export({ type: "spki", format: "der" });
  const validity = sequence(time(notBefore), time(notAfter));
  const algorithm = issuer.key.asymmetricKeyType === "rsa" ? RSA_WITH_SHA256 : ECDSA_WITH_SHA256;
  const extensions = extensionsFor(purpose, key, issuer.key);
  const content = [
    algorithm,
    name(issuer.name),
    validity,
    name(subject),
    spki,
    explicit(3, sequence(...extensions)),
  ];
  // Unique per certificate, whose content includes a new key or a new time; 16 bytes, positive.
  const serial = createHash("sha256").update(Buffer.concat(content)).digest().subarray(0, 16);
  serial[0] = (serial[0]! & 0x7f) | 0x40;
  const toBeSigned = sequence(explicit(0, integer(2)), tlv(INTEGER, serial), ...content);
  const signature = sign("sha256", toBeSigned, { key: issuer.key, dsaEncoding: "der" });
  const der = sequence(toBeSigned, algorithm, bitString(0, signature));
  return `-----BEGIN CERTIFICATE-----\n${der.toString("base64").replace(/.{64}(?!$)/g, "$&\n")}\n-----END CERTIFICATE-----\n`;
}

function extensionsFor(purpose: CertificateFacts["purpose"], key: KeyObject, issuerKey: KeyObject): Buffer[] {
  if (purpose === "authority") return authorityExtensions(key);
  return purpose === "messages" ? messageExtensions(key) : serverExtensions(key, issuerKey, purpose);
}

function messageExtensions(key: KeyObject): Buffer[] {
  return [
    critical(EXTENSION.basicConstraints, sequence()),
    critical(EXTENSION.keyUsage, bitString(7, Buffer.of(0b1000_0000))), // digitalSignature
    extension(EXTENSION.subjectKeyIdentifier, tlv(OCTET_STRING, keyIdentifier(key))),
  ];
}

function authorityExtensions(key: KeyObject): Buffer[] {
  return [
    critical(EXTENSION.basicConstraints, sequence(TRUE, integer(0))),
    critical(EXTENSION.keyUsage, bitString(1, Buffer.of(0b0000_0110))), // keyCertSign, cRLSign
    extension(EXTENSION.subjectKeyIdentifier, tlv(OCTET_STRING, keyIdentifier(key))),
  ];
}

/**
 * Both key identifiers are included because OpenSSL's strict mode, the default of Python since 3.13, requires
 * them.
 */
function serverExtensions(key: KeyObject, issuerKey: KeyObject, names: readonly string[]): Buffer[] {
  return [
    critical(EXTENSION.basicConstraints, sequence()),
    critical(EXTENSION.keyUsage, bitString(7, Buffer.of(0b1000_0000))), // digitalSignature
    extension(EXTENSION.extendedKeyUsage, sequence(oid("1.3.6.1.5.5.7.3.1"))), // serverAuth
    extension(EXTENSION.subjectKeyIdentifier, tlv(OCTET_STRING, keyIdentifier(key))),
    extension(EXTENSION.authorityKeyIdentifier, sequence(implicit(0, keyIdentifier(issuerKey)))),
    extension(EXTENSION.subjectAltName, sequence(...names.map(generalName))),
  ];
}

const EXTENSION = {
  subjectKeyIdentifier: "2.5.29.14",
  keyUsage: "2.5.29.15",
  subjectAltName: "2.5.29.17",
  basicConstraints: "2.5.29.19",
  authorityKeyIdentifier: "2.5.29.35",
  extendedKeyUsage: "2.5.29.37",
};

const extension = (id: string, value: Buffer) => sequence(oid(id), tlv(OCTET_STRING, value));
const critical = (id: string, value: Buffer) => sequence(oid(id), TRUE, tlv(OCTET_STRING, value));

/** SHA-1 of the public key's bits (RFC 5280, 4.2.1.2): an identifier, without security relevance. */
function keyIdentifier(key: KeyObject): Buffer {
  const publicKey = createPublicKey(key);
  if (publicKey.asymmetricKeyType === "rsa")
    return createHash("sha1")
      .update(publicKey.export({ type: "pkcs1", format: "der" }))
      .digest();
  const { x, y } = publicKey.export({ format: "jwk" });
  const point = Buffer.concat([Buffer.of(4), Buffer.from(x!, "base64url"), Buffer.from(y!, "base64url")]);
  return createHash("sha1").update(point).digest();
}

const DNS_NAME = 2;
const IP_ADDRESS = 7;

function generalName(text: string): Buffer {
  const address = addressBytes(text);
  return address
    ? implicit(IP_ADDRESS, Buffer.from(address))
    : implicit(DNS_NAME, Buffer.from(text, "ascii"));
}

/** A distinguished name that consists of a common name. */
const name = (commonName: string) =>
  sequence(tlv(SET, sequence(oid("2.5.4.3"), tlv(UTF8_STRING, Buffer.from(commonName)))));

// Distinguished Encoding Rules (X.690): a tag, a length, a value.
const INTEGER = 0x02;
const OCTET_STRING = 0x04;
const UTF8_STRING = 0x0c;
const UTC_TIME = 0x17;
const GENERALIZED_TIME = 0x18;
const SET = 0x31;
const TRUE = Buffer.of(0x01, 0x01, 0xff);

function tlv(tag: number, value: Buffer): Buffer {
  const { length } = value;
  if (length < 0x80) return Buffer.concat([Buffer.of(tag, length), value]);
  if (length < 0x100) return Buffer.concat([Buffer.of(tag, 0x81, length), value]);
  return Buffer.concat([Buffer.of(tag, 0x82, length >> 8, length & 0xff), value]);
}

const sequence = (...parts: Buffer[]) => tlv(0x30, Buffer.concat(parts));
const integer = (value: number) => tlv(INTEGER, Buffer.of(value));
const bitString = (unusedBits: number, bytes: Buffer) =>
  tlv(0x03, Buffer.concat([Buffer.of(unusedBits), bytes]));
const explicit = (tag: number, value: Buffer) => tlv(0xa0 | tag, value);
const implicit = (tag: number, value: Buffer) => tlv(0x80 | tag, value);

function oid(dotted: string): Buffer {
  const [first, second, ...rest] = dotted.split(".").map(Number);
  const bytes = [first! * 40 + second!];
  for (const arc of rest) {
    const septets = [arc & 0x7f];
    for (let high = arc >> 7; high > 0; high >>= 7) septets.unshift((high & 0x7f) | 0x80);
    bytes.push(...septets);
  }
  return tlv(0x06, Buffer.from(bytes));
}

const RSA_WITH_SHA256 = sequence(oid("1.2.840.113549.1.1.11"), Buffer.of(0x05, 0x00));
const ECDSA_WITH_SHA256 = sequence(oid("1.2.840.10045.4.3.2"));

/** Two digits of the year up to 2049, four from 2050 on (RFC 5280, 4.1.2.5). */
function time(ms: number): Buffer {
  const digits = new Date(ms).toISOString().replace(/\.\d+|[-:T]/g, "");
  return digits < "2050"
    ? tlv(UTC_TIME, Buffer.from(digits.slice(2)))
    : tlv(GENERALIZED_TIME, Buffer.from(digits));
}
