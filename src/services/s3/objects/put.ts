import { keepOrDrop } from "#kernel/blobs.ts";
import type { Context } from "#kernel/context.ts";
import type { Transaction } from "#kernel/records/transaction.ts";
import type { Handlers, Input } from "#kernel/service.ts";
import { type Body, bodyOf } from "#lib/body.ts";
import { whenReady } from "#lib/maybe-promise.ts";
import { type Provenance, provenanceOf } from "../access/ownership.ts";
import { bucketAt } from "../buckets/bucket.ts";
import { announce } from "../changes.ts";
import { appendTo, checkOffset } from "../directory/append.ts";
import { isDirectoryName } from "../directory/names.ts";
import { encryptionMembers, etagFor, storedEncryption } from "../encryption/encryption.ts";
import { asksForKeys, encryptionFor, requestedEncryption } from "../encryption/requested.ts";
import { headerNotImplemented } from "../errors.ts";
import { expirationOf } from "../lifecycle/answers.ts";
import { checkDigest, lockFor, lockIn } from "../lock/headers.ts";
import { type Bucket, bodies, type ObjectVersion } from "../store.ts";
import { bodyReplaced, currentVersion, writeVersion } from "../versions.ts";
import { attributesOf } from "./attributes.ts";
import { checksumMembers, DEFAULT_ALGORITHM, expectedChecksum, refuseUnknownChecksum } from "./checksums.ts";
import { checkConditionForm, checkWrite, refuseDateConditions } from "./conditions.ts";
import { newVersionId, quoted } from "./existing.ts";
import { checkKey } from "./key.ts";
import { checkLengthHeader, type Received, receive } from "./receive.ts";
import { headerTags } from "./tagging-header.ts";

type Request = Input<"s3", "PutObject">;

export const objectWriting = {
  async PutObject(ctx, input) {
    const { Body = bodyOf("") } = input;
    checkForm(ctx, input, Body);
    const provenance = await provenanceOf(ctx, input);
    const settings = settingsOf(ctx, input, Body);
    const isEarly = isConditional(input) || asksForKeys(settings.encryption);
    const existing = isEarly ? await refuseEarly(ctx, input, settings) : undefined;
    const received = await receive(ctx, Body, {
      contentMd5: input.ContentMD5,
      checksum: settings.checksum,
      algorithm: DEFAULT_ALGORITHM,
      also: input.WriteOffsetBytes === undefined ? undefined : existing?.checksum?.algorithm,
      secret: settings.encryption.key?.bytes,
    });
    const put = { ctx, input, settings, provenance, received };
    return keepOrDrop(ctx, received.staged, (tx) =>
      whenReady(bucketAt(tx, input.Bucket), (bucket) =>
        whenReady(currentVersion(tx, bucket, input.Key), (current) =>
          whenReady(write(put, tx, bucket, current), (version) => answer(put, tx, bucket, version)),
        ),
      ),
    );
  },
} satisfies Handlers<"s3">;

interface Put {
  ctx: Context;
  input: Request;
  settings: ReturnType<typeof settingsOf>;
  provenance: (bucket: Bucket) => Provenance;
  received: Received;
}

function checkForm(ctx: Context, input: Request, body: Body): void {
  checkKey(input.Key);
  checkLengthHeader(ctx, body);
  refuseDateConditions(ctx);
  if (input.WriteOffsetBytes !== undefined && !isDirectoryName(input.Bucket))
    throw headerNotImplemented("x-amz-write-offset-bytes");
  checkConditionForm(input);
}

/** Parses the properties of the new object from the request, without its conditions. */
function settingsOf(ctx: Context, input: Request, { announced }: Body) {
  const lock = lockIn(ctx, input);
  const attributes = attributesOf(input);
  const tags = headerTags(input.Tagging);
  const encryption = requestedEncryption(input);
  const checksum = expectedChecksum(input, announced);
  if (!checksum) refuseUnknownChecksum(ctx);
  return { lock, attributes, tags, encryption, checksum };
}

const isConditional = ({ IfMatch, IfNoneMatch, WriteOffsetBytes }: Request) =>
  IfMatch !== undefined || IfNoneMatch !== undefined || WriteOffsetBytes !== undefined;

/**
 * Checks before receiving the body, which spares the client from sending one that would be
 * refused. The transaction checks again.
 * @returns the current version
 */
function refuseEarly(
  ctx: Context,
  input: Request,
  { encryption }: Put["settings"],
): Promise<ObjectVersion | undefined> {
  return ctx.read(async (tx) => {
    const bucket = await bucketAt(tx, input.Bucket);
    encryptionFor(ctx, bucket, input.Key, encryption);
    const current = await currentVersion(tx, bucket, input.Key);
    checkWrite(input, current, input.Key);
    if (input.WriteOffsetBytes !== undefined) checkOffset(input.WriteOffsetBytes, current);
    return current;
  });
}

/** Writes the version. Returns no promise if it need not wait, since this is the most frequent write. */
function write(
  { ctx, input, settings, provenance, received }: Put,
  tx: Transaction,
  bucket: Bucket,
  current: ObjectVersion | undefined,
) {
  const { Key } = input;
  const { attributes, tags } = settings;
  const lock = lockFor(bucket, settings.lock, tx.now());
  checkDigest(ctx, lock, "Object");
  const encryption = encryptionFor(ctx, bucket, Key, settings.encryption);
  const { key, kms } = encryption;
  checkWrite(input, current, Key);
  if (input.WriteOffsetBytes !== undefined) {
    checkOffset(input.WriteOffsetBytes, current);
    if (current) return appendTo(tx, bucket, current, received);
  }
  return whenReady(bodies.keep(tx, received.staged, bodyReplaced(bucket, current)), (body) =>
    writeVersion(tx, bucket, Key, current, {
      ...attributes,
      ...lock,
      tags,
      ...provenance(bucket),
      etag: etagFor({ key, kms, storageClass: attributes.storageClass }, received.md5, tx.random),
      size: received.staged.size,
      body,
      checksum: received.checksum && { ...received.checksum, type: "FULL_OBJECT" },
      ...storedEncryption(encryption),
    }),
  );
}

function answer({ ctx, input, settings }: Put, tx: Transaction, bucket: Bucket, version: ObjectVersion) {
  const event = ctx.request?.method === "POST" ? "ObjectCreated:Post" : "ObjectCreated:Put";
  return whenReady(announce(ctx, tx, bucket, { event, version }), () =>
    whenReady(expirationOf(tx, bucket, version), (expiration) => ({
      ETag: quoted(version.etag),
      Expiration: expiration,
      Size: input.WriteOffsetBytes === undefined ? undefined : version.size,
      VersionId: newVersionId(bucket, version),
      ...checksumMembers(version.checksum),
      ...encryptionMembers(bucket, version, settings.encryption.key),
      SSEKMSEncryptionContext: version.kms && input.SSEKMSEncryptionContext,
    })),
  );
}
