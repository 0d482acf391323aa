import { keeping } from "#kernel/blobs.ts";
import type { Handlers } from "#kernel/service.ts";
import type { Transaction } from "#kernel/transaction.ts";
import { bodyOf } from "#lib/body.ts";
import { whenReady } from "#lib/maybe-promise.ts";
import { provenanceOf } from "../access/ownership.ts";
import { bucketAt } from "../buckets/bucket.ts";
import { announce } from "../changes.ts";
import { toldEncryption } from "../encryption/customer-key.ts";
import {
  asksForKeys,
  checkEncryption,
  etagFor,
  keptEncryption,
  requestedEncryption,
} from "../encryption/requested.ts";
import { headerNotImplemented } from "../errors.ts";
import { expirationOf } from "../lifecycle/answers.ts";
import { checkDigest, lockFor, lockIn } from "../lock/headers.ts";
import { type Bucket, bodies, type ObjectVersion } from "../store.ts";
import { bodyReplaced, currentVersion, writeVersion } from "../versions.ts";
import { attributesOf } from "./attributes.ts";
import { checksumMembers, DEFAULT_ALGORITHM, expectedChecksum, refuseUnknownChecksum } from "./checksums.ts";
import { checkConditionForm, checkWrite, refuseDateConditions } from "./conditions.ts";
import { newVersionId, quoted } from "./found.ts";
import { checkKey } from "./key.ts";
import { checkLengthTold, receive } from "./receive.ts";
import { headerTags } from "./tagging-header.ts";

export const objectWriting = {
  async PutObject(ctx, input) {
    const { Bucket, Key, Body = bodyOf("") } = input;
    checkKey(Key);
    checkLengthTold(ctx, Body);
    refuseDateConditions(ctx);
    if (input.WriteOffsetBytes !== undefined) throw headerNotImplemented("x-amz-write-offset-bytes");
    checkConditionForm(input);
    const provenance = await provenanceOf(ctx, input);
    const asked = lockIn(ctx, input);
    const attributes = attributesOf(input);
    const tags = headerTags(input.Tagging);
    const encryption = requestedEncryption(input);
    const checksum = expectedChecksum(input, Body.announced);
    if (!checksum) refuseUnknownChecksum(ctx);
    if (input.IfMatch !== undefined || input.IfNoneMatch !== undefined || asksForKeys(encryption)) {
      // The transaction checks again. This check spares the client from sending a body that would be refused.
      await ctx.read(async (tx) => {
        const bucket = await bucketAt(tx, Bucket);
        checkEncryption(ctx, bucket, Key, encryption);
        checkWrite(input, await currentVersion(tx, bucket, Key), Key);
      });
    }

    const received = await receive(ctx, Body, {
      contentMd5: input.ContentMD5,
      checksum,
      algorithm: DEFAULT_ALGORITHM,
      secret: encryption.key?.bytes,
    });

    /** Returns no promise where there is nothing to wait for: this is the busiest write of all. */
    const write = (tx: Transaction, bucket: Bucket, current: ObjectVersion | undefined) => {
      const lock = lockFor(bucket, asked, tx.now());
      checkDigest(ctx, lock, "Object");
      checkEncryption(ctx, bucket, Key, encryption);
      checkWrite(input, current, Key);
      return whenReady(bodies.keep(tx, received.staged, bodyReplaced(bucket, current)), (body) =>
        writeVersion(tx, bucket, Key, current, {
          ...attributes,
          ...lock,
          tags,
          ...provenance(bucket),
          etag: etagFor(encryption, received.md5, tx.random),
          size: received.staged.size,
          body,
          checksum: received.checksum && { ...received.checksum, type: "FULL_OBJECT" },
          ...keptEncryption(encryption),
        }),
      );
    };
    const event = ctx.request?.method === "POST" ? "ObjectCreated:Post" : "ObjectCreated:Put";
    const answer = (tx: Transaction, bucket: Bucket, version: ObjectVersion) =>
      whenReady(announce(ctx, tx, bucket, { event, version }), () =>
        whenReady(expirationOf(tx, bucket, version), (expiration) => ({
          ETag: quoted(version.etag),
          Expiration: expiration,
          VersionId: newVersionId(bucket, version),
          ...checksumMembers(version.checksum),
          ...toldEncryption(encryption.key),
        })),
      );
    return keeping(ctx, received.staged, (tx) =>
      whenReady(bucketAt(tx, Bucket), (bucket) =>
        whenReady(currentVersion(tx, bucket, Key), (current) =>
          whenReady(write(tx, bucket, current), (version) => answer(tx, bucket, version)),
        ),
      ),
    );
  },
} satisfies Handlers<"s3">;
