import type { Handlers } from "#kernel/service.ts";
import { provenanceOf } from "../access/ownership.ts";
import { bucketAt } from "../buckets/bucket.ts";
import { isDirectoryName } from "../directory/names.ts";
import { encryptionMembers, storedEncryption } from "../encryption/encryption.ts";
import { encryptionFor, requestedEncryption } from "../encryption/requested.ts";
import { headerNotImplemented, preconditionFailed } from "../errors.ts";
import { abortMembers } from "../lifecycle/answers.ts";
import { touch } from "../lifecycle/mark.ts";
import { lockFor, lockIn } from "../lock/headers.ts";
import { attributesOf } from "../objects/attributes.ts";
import { checkKey } from "../objects/key.ts";
import { headerTags } from "../objects/tagging-header.ts";
import { uploads } from "../store.ts";
import { currentVersion, wholeSeconds } from "../versions.ts";
import { declaredChecksum } from "./checksums.ts";
import { abandonUpload, initiatorIn, uploadAt } from "./upload.ts";
import { uploadIdOf } from "./upload-id.ts";

const IF_INITIATED = "x-amz-if-match-initiated-time";

export const uploadHandlers = {
  async CreateMultipartUpload(ctx, input) {
    const { Key: key } = input;
    checkKey(key);
    const provenance = await provenanceOf(ctx, input);
    const lock = lockIn(ctx, input);
    const attributes = attributesOf(input);
    const tags = headerTags(input.Tagging);
    const requested = requestedEncryption(input);
    const { checksumAlgorithm, checksumType } = declaredChecksum(input);
    return ctx.transact(async (tx) => {
      const bucket = await bucketAt(tx, input.Bucket);
      lockFor(bucket, lock, tx.now());
      const encryption = encryptionFor(ctx, bucket, key, requested);
      const current = await currentVersion(tx, bucket, key);
      const order = tx.sequence();
      const begun = { key, uploadId: uploadIdOf(order, tx.random), initiated: wholeSeconds(tx.now()) };
      tx.put(uploads, {
        bucket: bucket.id,
        order,
        ...begun,
        initiator: initiatorIn(ctx.principal),
        ...provenance(bucket),
        ...attributes,
        ...lock,
        tags,
        ...storedEncryption(encryption),
        checksumAlgorithm,
        checksumType,
        ...(current && !current.deleteMarker && { replaces: true as const }),
      });
      if (bucket.ages) await touch(tx, bucket, "new");
      return {
        Bucket: input.Bucket,
        Key: key,
        UploadId: begun.uploadId,
        ...(await abortMembers(tx, bucket, begun)),
        ChecksumAlgorithm: checksumAlgorithm,
        ChecksumType: checksumType,
        ...encryptionMembers(bucket, encryption, encryption.key),
        SSEKMSEncryptionContext: encryption.kms && input.SSEKMSEncryptionContext,
      };
    });
  },

  async AbortMultipartUpload(ctx, input) {
    const { IfMatchInitiatedTime: initiated } = input;
    if (initiated !== undefined && !isDirectoryName(input.Bucket)) throw headerNotImplemented(IF_INITIATED);
    return ctx.transact(async (tx) => {
      const { upload } = await uploadAt(tx, input);
      if (initiated && wholeSeconds(initiated.getTime()) !== upload.initiated)
        throw preconditionFailed(IF_INITIATED);
      await abandonUpload(tx, upload);
      return {};
    });
  },
} satisfies Handlers<"s3">;
