import { expect, test } from "vitest";
import { INLINE_BYTES } from "#kernel/blobs.ts";
import { type TestCloud, testCloud } from "#kernel/testing.ts";
import { countedBlobs } from "#kernel/testing-blobs.ts";
import { testDisk } from "#kernel/testing-disk.ts";
import { bodyOf } from "#lib/body.ts";
import { s3 as service } from "./service.ts";

/** A body that is stored as a file. Whichever commit fails, no unreferenced file may remain. */
const LARGE = Buffer.alloc(INLINE_BYTES + 1, "large ");
const large = () => bodyOf(LARGE);
const MAX_COMMITS = 30;

type S3 = TestCloud["aws"]["s3"];

async function files(s3: S3, Bucket: string, Key: string): Promise<number> {
  const size = await s3.HeadObject({ Bucket, Key }).then(
    ({ ContentLength }) => ContentLength!,
    () => undefined,
  );
  if (size === undefined) return 0;
  const { Annotations = [] } = await s3.ListObjectAnnotations({ Bucket, Key });
  return Annotations.length + (size > INLINE_BYTES ? 1 : 0);
}

async function replicating(s3: S3) {
  const VersioningConfiguration = { Status: "Enabled" } as const;
  for (const Bucket of ["source", "copy"]) {
    await s3.CreateBucket({ Bucket });
    await s3.PutBucketVersioning({ Bucket, VersioningConfiguration });
  }
  const Role = "arn:aws:iam::000000000000:role/replication";
  const Destination = { Bucket: "arn:aws:s3:::copy" };
  const Rules = [{ Status: "Enabled" as const, Prefix: "", Destination }];
  await s3.PutBucketReplication({ Bucket: "source", ReplicationConfiguration: { Role, Rules } });
}

const annotate = (s3: S3) =>
  s3.PutObjectAnnotation({
    Bucket: "source",
    Key: "k",
    AnnotationName: "note",
    AnnotationPayload: large(),
  });

const stories = {
  "a replica": {
    before: replicating,
    act: (s3: S3) => s3.PutObject({ Bucket: "source", Key: "k", Body: large() }),
  },
  "a replica's annotation": {
    async before(s3: S3) {
      await replicating(s3);
      await s3.PutObject({ Bucket: "source", Key: "k", Body: bodyOf("small") });
    },
    act: annotate,
  },
  "a copy's annotation": {
    async before(s3: S3) {
      for (const Bucket of ["source", "copy"]) await s3.CreateBucket({ Bucket });
      await s3.PutObject({ Bucket: "source", Key: "k", Body: bodyOf("small") });
      await annotate(s3);
    },
    act: (s3: S3) => s3.CopyObject({ Bucket: "copy", Key: "k", CopySource: "source/k" }),
  },
};

test.for(Object.entries(stories))("a failed commit leaves no file of %s behind", async ([, story]) => {
  let refused = 0;
  for (let commit = 0; commit < MAX_COMMITS; commit++) {
    const disk = testDisk();
    const blobs = countedBlobs();
    const nube = await testCloud([service], { store: disk.store, blobs });
    const { s3 } = nube.aws;
    await story.before(s3);
    await nube.advance("1s");
    const next = disk.groups + commit;
    disk.failing((group) => group === next && ++refused > 0);
    await story.act(s3).catch(() => {});
    // The failing commit may be that of the clock itself.
    await nube.advance("1h").catch(() => nube.advance("1h"));
    expect([commit, blobs.files.size]).toEqual([
      commit,
      (await files(s3, "source", "k")) + (await files(s3, "copy", "k")),
    ]);
    await nube.close();
  }
  expect(refused).toBeGreaterThan(3);
});
