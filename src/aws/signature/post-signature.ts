/** The signature of a browser's upload: over the policy's base64 text, in Version 4 or 2. */
import { parseAmzDate } from "./amz-date.ts";
import { invalidArgument, signatureDoesNotMatch } from "./errors.ts";
import { hmac, sameSignature } from "./hmac.ts";
import type { Fields } from "./post-policy.ts";
import { type Credential, s3CredentialFault, splitCredential } from "./scope.ts";
import { signV2 } from "./sigv2.ts";
import { ALGORITHM, type Scope, signingKey } from "./sigv4.ts";

export interface PostSignature {
  version: 2 | 4;
  accessKeyId: string;
  /** The policy as sent, which is the signed text. */
  policy: string;
  signature: string;
  /** Version 4 only. */
  scope?: Scope;
  sessionToken?: string;
}

const V4 = ["X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-Signature"];
const V2 = ["AWSAccessKeyId", "Signature"];

/**
 * @returns undefined for an anonymous form, without a policy or without a signature
 * @throws {AwsError} if fields of a signature are missing or cannot be parsed
 */
export function parsePostSignature(fields: Fields): PostSignature | undefined {
  const has = (name: string) => fields.has(name.toLowerCase());
  const names = [V4, V2].find((version) => version.some(has));
  if (names === undefined) return undefined;
  const missing = [...names, "Policy"].find((name) => !has(name));
  if (missing !== undefined) {
    throw invalidArgument(
      `Bucket POST must contain a field named '${missing}'.  If it is specified, please check the order of the fields.`,
      missing,
      "",
    );
  }
  const field = (name: string) => fields.get(name.toLowerCase()) ?? "";
  const policy = field("Policy");
  const sessionToken = fields.get("x-amz-security-token");
  if (names === V2) {
    return {
      version: 2,
      accessKeyId: field("AWSAccessKeyId"),
      policy,
      signature: field("Signature"),
      sessionToken,
    };
  }
  const algorithm = field("X-Amz-Algorithm");
  if (algorithm !== ALGORITHM) {
    throw invalidArgument(`X-Amz-Algorithm only supports "${ALGORITHM}"`, "X-Amz-Algorithm", algorithm);
  }
  const date = field("X-Amz-Date");
  if (parseAmzDate(date) === undefined) {
    throw invalidArgument("X-Amz-Date must be formated via ISO8601 Long format", "X-Amz-Date", date);
  }
  const { accessKeyId, scope } = readCredential(field("X-Amz-Credential"), date);
  return { version: 4, accessKeyId, scope, policy, signature: field("X-Amz-Signature"), sessionToken };
}

function readCredential(text: string, amzDate: string): Credential {
  const credential = splitCredential(text);
  const { date, service } = credential.scope;
  let wrong = s3CredentialFault(text);
  if (wrong === undefined && date !== amzDate.slice(0, 8)) {
    wrong = `Invalid credential date "${date}". This date is not the same as X-Amz-Date: "${amzDate.slice(0, 8)}".`;
  }
  if (wrong === undefined && service !== "s3") {
    wrong = `incorrect service "${service}". This endpoint belongs to "s3".`;
  }
  if (wrong !== undefined) throw invalidArgument(wrong, "X-Amz-Credential", text);
  return credential;
}

/** The signature that `secret` makes of the policy. */
export function signPolicy(secret: string, policy: string, scope?: Scope): string {
  return scope === undefined ? signV2(secret, policy) : hmac(signingKey(secret, scope), policy, "hex");
}

/** @throws {AwsError} `SignatureDoesNotMatch` */
export function verifyPostSignature(claim: PostSignature, secret: string): void {
  const { accessKeyId, policy, scope, signature } = claim;
  if (sameSignature(signPolicy(secret, policy, scope), signature)) return;
  throw signatureDoesNotMatch("s3", { accessKeyId, signature, stringToSign: policy });
}
