import { invalidArgument } from "../errors.ts";

export interface CopySource {
  bucket: string;
  key: string;
  versionId: string | undefined;
}

/**
 * Reads `x-amz-copy-source`: `/bucket/key?versionId=id`, percent-encoded, with or without the first slash; or
 * `access-point-arn/object/key`.
 * @throws {AwsError} InvalidArgument
 */
export function copySourceOf(header: string): CopySource {
  const mark = header.lastIndexOf("?versionId=");
  const path = decode(mark < 0 ? header : header.slice(0, mark), header).replace(/^\//, "");
  const versionId = mark < 0 ? undefined : header.slice(mark + "?versionId=".length);
  const [, accessPoint, object] = /^(arn:[^/]+:accesspoint\/[^/]+)\/object\/(.+)$/s.exec(path) ?? [];
  if (accessPoint !== undefined) return { bucket: accessPoint, key: object!, versionId };
  const slash = path.indexOf("/");
  if (slash < 1 || slash === path.length - 1) {
    throw invalidArgument(
      "Copy Source must mention the source bucket and key: sourcebucket/sourcekey",
      "x-amz-copy-source",
      header,
    );
  }
  return {
    bucket: path.slice(0, slash),
    key: path.slice(slash + 1),
    versionId,
  };
}

function decode(text: string, header: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw invalidArgument("Invalid copy source encoding", "x-amz-copy-source", header);
  }
}
