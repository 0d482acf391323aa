/**
 * Browser uploads by form (POST Object). It is not an operation in AWS's contract: the request is
 * authenticated by form fields, which also determine the response.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/RESTObjectPOST.html
 */
import { escapeXml, xmlDeclaration } from "#aws/protocols/xml/writer.ts";
import { readUploadForm } from "#aws/signature/multipart-form.ts";
import {
  type AllowedLength,
  checkLength,
  checkPostPolicy,
  expandFilename,
  type Fields,
  parsePostPolicy,
} from "#aws/signature/post-policy.ts";
import { type PostSignature, parsePostSignature } from "#aws/signature/post-signature.ts";
import type { Clients } from "#kernel/calls/clients.ts";
import { type Body, BodyTooLargeError } from "#lib/body.ts";
import { requestIn } from "./fields.ts";

export interface PostRequest {
  bucket: string;
  /** The Content-Type of the whole form. */
  contentType: string | undefined;
  body: AsyncIterable<Uint8Array>;
  /** The URL to which the form was posted, with the bucket in host or path, without a trailing slash. */
  url: string;
  /** Cloud time, epoch milliseconds. */
  now: number;
  /**
   * Returns clients that call as the signer of the policy, or as an anonymous
   * caller if there is no signature.
   * @throws {AwsError} if the signature is not valid
   */
  callerOf(claim: PostSignature | undefined): Promise<Clients>;
}

export interface PostAnswer {
  status: number;
  headers: Record<string, string>;
  body: string;
}

/**
 * Uploads an object.
 * @throws {AwsError} the errors of the form, its policy and its signature, and those of PutObject
 */
export async function postObject(request: PostRequest): Promise<PostAnswer> {
  const { bucket, url, now } = request;
  const form = await readUploadForm(request.contentType, request.body);
  const fields = expandFilename(form.fields, form.filename);
  const input = requestIn(fields);
  const claim = parsePostSignature(fields);
  const caller = await request.callerOf(claim);
  const allowed = claim && checkPostPolicy(parsePostPolicy(claim.policy), fields, bucket, now);
  const {
    ETag = "",
    VersionId,
    Expiration,
    ...result
  } = await caller.s3.PutObject({
    ...input,
    Bucket: bucket,
    Body: fileBody(form.file, allowed),
  });
  const location = `${url}/${inForm(input.Key)}`;
  const headers: Record<string, string> = { etag: ETag };
  if (VersionId !== undefined) headers["x-amz-version-id"] = VersionId;
  if (Expiration !== undefined) headers["x-amz-expiration"] = Expiration;
  if (result.ServerSideEncryption !== undefined)
    headers["x-amz-server-side-encryption"] = result.ServerSideEncryption;
  if (result.SSECustomerAlgorithm !== undefined) {
    headers["x-amz-server-side-encryption-customer-algorithm"] = result.SSECustomerAlgorithm;
    headers["x-amz-server-side-encryption-customer-key-md5"] = result.SSECustomerKeyMD5!;
  }
  for (const [name, value] of Object.entries(result)) {
    const [, sum] = /^Checksum(.+)$/.exec(name) ?? [];
    if (sum !== undefined) headers[`x-amz-checksum-${sum.toLowerCase()}`] = String(value);
  }
  return answer(fields, { location, bucket, key: input.Key, etag: ETag }, headers);
}

/** Returns the file as a body. Its length is not known in advance, so it is checked as the file is read. */
function fileBody(file: AsyncIterable<Uint8Array>, allowed: AllowedLength | undefined): Body {
  async function* checked() {
    let length = 0;
    for await (const chunk of file) {
      length += chunk.length;
      if (allowed && length > allowed.maximum) checkLength(length, allowed);
      yield chunk;
    }
    if (allowed) checkLength(length, allowed);
  }
  return {
    size: undefined,
    announced: [],
    trailers: {},
    async bytes(limit) {
      const chunks: Uint8Array[] = [];
      let length = 0;
      for await (const chunk of checked()) {
        length += chunk.length;
        if (length > limit) throw new BodyTooLargeError(`more than ${limit} bytes`);
        chunks.push(chunk);
      }
      return Buffer.concat(chunks);
    },
    [Symbol.asyncIterator]: checked,
  };
}

interface Posted {
  location: string;
  bucket: string;
  key: string;
  etag: string;
}

function answer(fields: Fields, posted: Posted, headers: Record<string, string>): PostAnswer {
  const redirect = redirectOf(fields.get("success_action_redirect") ?? fields.get("redirect"), posted);
  if (redirect !== undefined) return { status: 303, headers: { ...headers, location: redirect }, body: "" };
  const located = { ...headers, location: posted.location };
  // S3 ignores any other status.
  switch (fields.get("success_action_status")) {
    case "200":
      return { status: 200, headers: located, body: "" };
    case "201":
      return { status: 201, headers: { ...located, "content-type": "application/xml" }, body: xmlOf(posted) };
    default:
      return { status: 204, headers: located, body: "" };
  }
}

/** Returns the URL of the redirect. S3 ignores a target that is not a URL. */
function redirectOf(target: string | undefined, { bucket, key, etag }: Posted): string | undefined {
  if (target === undefined || !URL.canParse(target)) return undefined;
  const { protocol } = new URL(target);
  if (protocol !== "http:" && protocol !== "https:") return undefined;
  const query = [`bucket=${bucket}`, `key=${inForm(key)}`, `etag=${encodeURIComponent(etag)}`];
  const [address, fragment] = target.split("#", 2);
  const joined = `${address}${address!.includes("?") ? "&" : "?"}${query.join("&")}`;
  return new URL(fragment === undefined ? joined : `${joined}#${fragment}`).href;
}

/** Encodes a key as in a form: S3 writes a space as `+` and a slash as `%2F`. */
const inForm = (key: string): string => new URLSearchParams({ "": key }).toString().slice(1);

function xmlOf({ location, bucket, key, etag }: Posted): string {
  const element = (name: string, text: string) => `<${name}>${escapeXml(text)}</${name}>`;
  const elements = [
    element("Location", location),
    element("Bucket", bucket),
    element("Key", key),
    element("ETag", etag),
  ];
  return `${xmlDeclaration}<PostResponse>${elements.join("")}</PostResponse>`;
}
