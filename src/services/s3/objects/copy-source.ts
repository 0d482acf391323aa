import { formDecoded } from "#lib/percent.ts";
import { wasEverValidName } from "../buckets/names.ts";
import { invalidArgument } from "../errors.ts";

export interface CopySource {
  bucket: string;
  key: string;
  versionId: string | undefined;
}

/**
 * Parses `x-amz-copy-source`: `/bucket/key?versionId=id`, encoded as a path or a form, with or without the
 * leading slash, or `access-point-arn/object/key`.
 * @throws {AwsError} InvalidArgument
 */
export function copySourceOf(header: string): CopySource {
  const mark = header.lastIndexOf("?versionId=");
  const path = formDecoded(mark < 0 ? header : header.slice(0, mark))?.replace(/^\//, "");
  if (path === undefined) throw invalidSource("Invalid copy source encoding", header);
  const versionId = mark < 0 ? undefined : header.slice(mark + "?versionId=".length);
  const [, accessPoint, object] = /^(arn:[^/]+:accesspoint\/[^/]+)\/object\/(.+)$/s.exec(path) ?? [];
  if (accessPoint !== undefined) return { bucket: accessPoint, key: object!, versionId };
  const [, bucket = "", key = ""] = /^([^/]*)\/?(.*)$/s.exec(path) ?? [];
  if (!wasEverValidName(bucket)) throw invalidSource("Invalid copy source bucket name", header);
  if (key === "") throw invalidSource("Invalid copy source object key", header);
  return { bucket, key, versionId };
}

const invalidSource = (message: string, header: string) =>
  invalidArgument(message, "x-amz-copy-source", header);
