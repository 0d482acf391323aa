import { bucketArn } from "../buckets/bucket.ts";
import type { Change, ChangeEvent } from "../changes.ts";
import { formEncodedKey } from "../key-encoding.ts";
import { customerOf } from "../owner.ts";
import type { Bucket } from "../store.ts";
import type { Circumstances } from "./circumstances.ts";

/**
 * Returns the record of one event in the form that queues, topics and functions receive.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
 */
export function eventRecord(bucket: Bucket, change: Change, circumstances: Circumstances) {
  const { event } = change;
  const { time, caller, sourceIp, requestId, hostId, sequencer } = circumstances;
  return {
    eventVersion: versionOf(event),
    eventSource: "aws:s3",
    awsRegion: bucket.region,
    eventTime: new Date(time).toISOString(),
    eventName: event,
    userIdentity: { principalId: caller },
    requestParameters: { sourceIPAddress: sourceIp ?? caller },
    responseElements: { "x-amz-request-id": requestId, "x-amz-id-2": hostId },
    s3: {
      s3SchemaVersion: "1.0",
      bucket: {
        name: bucket.name,
        ownerIdentity: { principalId: customerOf(bucket.owner) },
        arn: bucketArn(bucket.name),
      },
      object: objectOf(bucket, change, sequencer),
    },
    ...extrasOf(change),
  };
}

export type EventRecord = ReturnType<typeof eventRecord>;

/** Returns the message for a destination: the record with the id of its configuration. */
export function eventMessage(record: EventRecord, configurationId: string) {
  const { s3SchemaVersion, ...s3 } = record.s3;
  return { Records: [{ ...record, s3: { s3SchemaVersion, configurationId, ...s3 } }] };
}

const NEWER_KINDS =
  /^(Lifecycle|IntelligentTiering|ObjectAcl|ObjectAnnotation|ObjectRetention|ObjectTagging|ObjectRestore:Delete)/;

/** Returns the version of the record's structure, which depends on the kind of event. */
function versionOf(event: ChangeEvent): string {
  if (event.startsWith("Replication:")) return "2.2";
  return NEWER_KINDS.test(event) ? "2.3" : "2.1";
}

function objectOf(bucket: Bucket, { event, version }: Change, sequencer: string) {
  const isWrite = /^(ObjectCreated|ObjectRemoved|LifecycleExpiration)/.test(event);
  const isGone = /:Delete$/.test(event) && isWrite;
  const isMarker = event.endsWith("DeleteMarkerCreated");
  const isAbout = /^Object(Tagging|Annotation|Acl|Retention)/.test(event);
  return {
    key: formEncodedKey(version.key),
    ...(!isGone && !isMarker && !isAbout && { size: version.size }),
    ...(!isGone && { eTag: isMarker ? EMPTY_MD5 : version.etag }),
    ...(bucket.versioning !== undefined && { versionId: version.versionId }),
    ...(isWrite && { sequencer }),
  };
}

/** The MD5 of an empty body, which is the ETag of delete markers. */
export const EMPTY_MD5 = "d41d8cd98f00b204e9800998ecf8427e";

function extrasOf({ event, version, restoredUntil, to, replication }: Change) {
  if (restoredUntil !== undefined) {
    return {
      glacierEventData: {
        restoreEventData: {
          lifecycleRestorationExpiryTime: new Date(restoredUntil).toISOString(),
          lifecycleRestoreStorageClass: version.storageClass ?? "STANDARD",
        },
      },
    };
  }
  if (event === "LifecycleTransition")
    return { lifecycleEventData: { transitionEventData: { destinationStorageClass: to } } };
  if (event === "IntelligentTiering") return { intelligentTieringEventData: { destinationAccessTier: to } };
  if (event === "ObjectRetention:Put" && version.retention) {
    const { mode, until } = version.retention;
    return { objectRetentionEventData: { mode, retainUntilDate: new Date(until).toISOString() } };
  }
  if (replication) return { replicationEventData: replication };
  return {};
}
