import type { ServiceEvent } from "#kernel/ports.ts";
import { isoSeconds } from "#lib/iso-seconds.ts";
import { bucketArn } from "../buckets/bucket.ts";
import type { Change, ChangeEvent } from "../changes.ts";
import type { Bucket } from "../store.ts";
import type { Circumstances } from "./circumstances.ts";
import { EMPTY_MD5 } from "./message.ts";

const CREATED = "Object Created";
const DELETED = "Object Deleted";
const PERMANENTLY = { "deletion-type": "Permanently Deleted" };
const BY_MARKER = { "deletion-type": "Delete Marker Created" };

/**
 * EventBridge's detail type for each event, and additional members. There are no
 * EventBridge events for replication.
 */
const KINDS: Partial<Record<ChangeEvent, { type: string; adds?: Record<string, string> }>> = {
  "ObjectCreated:Put": { type: CREATED, adds: { reason: "PutObject" } },
  "ObjectCreated:Post": { type: CREATED, adds: { reason: "POST Object" } },
  "ObjectCreated:Copy": { type: CREATED, adds: { reason: "CopyObject" } },
  "ObjectCreated:CompleteMultipartUpload": { type: CREATED, adds: { reason: "CompleteMultipartUpload" } },
  "ObjectRemoved:Delete": { type: DELETED, adds: { reason: "DeleteObject", ...PERMANENTLY } },
  "ObjectRemoved:DeleteMarkerCreated": { type: DELETED, adds: { reason: "DeleteObject", ...BY_MARKER } },
  "LifecycleExpiration:Delete": { type: DELETED, adds: { reason: "Lifecycle Expiration", ...PERMANENTLY } },
  "LifecycleExpiration:DeleteMarkerCreated": {
    type: DELETED,
    adds: { reason: "Lifecycle Expiration", ...BY_MARKER },
  },
  "ObjectRestore:Post": { type: "Object Restore Initiated" },
  "ObjectRestore:Completed": { type: "Object Restore Completed" },
  "ObjectRestore:Delete": { type: "Object Restore Expired" },
  LifecycleTransition: { type: "Object Storage Class Changed" },
  IntelligentTiering: { type: "Object Access Tier Changed" },
  "ObjectAcl:Put": { type: "Object ACL Updated" },
  "ObjectTagging:Put": { type: "Object Tags Added" },
  "ObjectTagging:Delete": { type: "Object Tags Deleted" },
  "ObjectAnnotation:Put": { type: "Object Annotation Created", adds: { reason: "PutObjectAnnotation" } },
  "ObjectAnnotation:Delete": {
    type: "Object Annotation Removed",
    adds: { reason: "DeleteObjectAnnotation" },
  },
};

/**
 * Returns the event for EventBridge's default bus, for a bucket that has EventBridge enabled.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
 */
export function bridgeEvent(
  bucket: Bucket,
  change: Change,
  circumstances: Circumstances,
): ServiceEvent | undefined {
  const kind = KINDS[change.event];
  if (!kind) return undefined;
  const { requestId, requester, sourceIp } = circumstances;
  return {
    source: "aws.s3",
    detailType: kind.type,
    resources: [bucketArn(bucket.name)],
    place: { account: bucket.owner, region: bucket.region },
    detail: {
      version: "0",
      bucket: { name: bucket.name },
      object: objectOf(bucket, change, kind.type, circumstances.sequencer),
      "request-id": requestId,
      requester,
      ...(sourceIp !== undefined && { "source-ip-address": sourceIp }),
      ...kind.adds,
      ...extrasOf(change),
    },
  };
}

function objectOf(bucket: Bucket, { event, version }: Change, type: string, sequencer: string) {
  const isDeleted = type === DELETED;
  const hasSize = !isDeleted && !/Tags|ACL|Annotation/.test(type);
  const isInOrder = isDeleted || type === CREATED || event.startsWith("ObjectAnnotation:");
  return {
    key: version.key,
    ...(hasSize && { size: version.size }),
    etag: version.deleteMarker ? EMPTY_MD5 : version.etag,
    ...(bucket.versioning !== undefined && { "version-id": version.versionId }),
    ...(isInOrder && { sequencer }),
    ...(event === "ObjectCreated:Copy" && { "has-object-annotation": version.annotations !== undefined }),
  };
}

function extrasOf({ event, version, restoredUntil, to, annotation }: Change): Record<string, unknown> {
  const source = version.storageClass ?? "STANDARD";
  switch (event) {
    case "ObjectRestore:Post":
      return { "source-storage-class": source };
    case "ObjectRestore:Completed":
      return { "restore-expiry-time": isoSeconds(restoredUntil ?? 0), "source-storage-class": source };
    case "LifecycleTransition":
      return { "destination-storage-class": to ?? source };
    case "IntelligentTiering":
      return { "destination-access-tier": to ?? source };
    case "ObjectAnnotation:Put":
    case "ObjectAnnotation:Delete":
      return { "object-annotation": annotation };
    default:
      return {};
  }
}
