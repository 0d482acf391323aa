import { createHash, createHmac, createPrivateKey, sign } from "node:crypto";
import { publicKey } from "#aws/signature/sigv4a.ts";
import { exchange, type WireAnswer } from "./wire.ts";

const ALGORITHM = "AWS4-ECDSA-P256-SHA256";
const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

export interface AsymmetricCall {
  service: string;
  regionSet: string;
  account?: string;
  method?: string;
  path?: string;
  headers?: Record<string, string>;
  body?: string;
  /** The host in place of that of the endpoint. */
  host?: string;
}

/** Signs a request with SigV4A and the secret `test`, as a client configured for it does, and sends it. */
export function callAsymmetric(endpoint: string, call: AsymmetricCall): Promise<WireAnswer> {
  const { service, regionSet, account = "test", method = "GET", path = "/", body = "", host } = call;
  const at = new Date().toISOString().replaceAll(/[-:]|\.\d+/g, "");
  const headers: Record<string, string> = {
    ...call.headers,
    host: host ?? new URL(endpoint).host,
    "x-amz-content-sha256": sha256(body),
    "x-amz-date": at,
    "x-amz-region-set": regionSet,
  };
  const names = Object.keys(headers).sort();
  const canonical = names.map((name) => `${name}:${headers[name]}\n`).join("");
  const request = [method, path, "", canonical, names.join(";"), sha256(body)].join("\n");
  const scope = `${at.slice(0, 8)}/${service}/aws4_request`;
  const text = [ALGORITHM, at, scope, sha256(request)].join("\n");
  const signature = sign("sha256", Buffer.from(text), clientKey(account, "test")).toString("hex");
  headers.authorization = `${ALGORITHM} Credential=${account}/${scope}, SignedHeaders=${names.join(";")}, Signature=${signature}`;
  return exchange(`${endpoint}${path}`, { method, headers, body });
}

/**
 * The key that a client derives from an access key and its secret. Uses only the first candidate, which is nearly
 * always valid.
 */
export function clientKey(accessKeyId: string, secret: string) {
  const input = `\0\0\0\x01${ALGORITHM}\0${accessKeyId}\x01\0\0\x01\0`;
  const candidate = createHmac("sha256", `AWS4A${secret}`).update(input, "latin1").digest("hex");
  const d = (BigInt(`0x${candidate}`) + 1n).toString(16).padStart(64, "0");
  const jwk = publicKey(accessKeyId, secret).export({ format: "jwk" });
  return createPrivateKey({
    key: { ...jwk, d: Buffer.from(d, "hex").toString("base64url") },
    format: "jwk",
  });
}
