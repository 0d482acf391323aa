import {
  GetObjectAclCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
} from "@aws-sdk/client-s3";
import { createPresignedPost } from "@aws-sdk/s3-presigned-post";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { expect } from "vitest";
import { presign } from "#aws/signature/sigv4.ts";
import { behaviour, conformanceCloud, doc } from "../cloud.ts";
import { identities } from "../identities.ts";
import { bucketAccess, OTHER, OWNER, OWNER_ID } from "./bucket-access.ts";

const cloud = conformanceCloud();
const { of, owner, other, bucket, unblock, policy, put } = bucketAccess(cloud);
const { user } = identities(cloud);

const PRESIGNED = doc("AmazonS3/latest/userguide/using-presigned-url.html");
const SIGV4 = doc("AmazonS3/latest/API/bucket-policy-s3-sigv4-conditions.html");
const QUERY = doc("AmazonS3/latest/API/sigv4-query-string-auth.html");
const POST = doc("AmazonS3/latest/API/RESTObjectPOST.html");

const urlOf = (as: ReturnType<typeof owner>, Bucket: string) =>
  getSignedUrl(as, new GetObjectCommand({ Bucket, Key: "k" }), { expiresIn: 60 });
const statusOf = async (url: string, init?: RequestInit) => (await fetch(url, init)).status;

behaviour("a presigned URL has the permissions of its signer", PRESIGNED, async () => {
  const Bucket = await bucket();
  await put(Bucket);
  const may = of(user("ann", { account: OWNER, allows: [{ Action: "s3:GetObject" }] }));
  expect(await statusOf(await urlOf(may, Bucket))).toBe(200);
  expect(await statusOf(await urlOf(of(user("bob", { account: OWNER })), Bucket))).toBe(403);
  expect(await statusOf(await urlOf(other(), Bucket))).toBe(403);
});

behaviour("an ACL and metadata in the query of a presigned URL are applied", QUERY, async () => {
  const Bucket = await bucket({ ObjectOwnership: "ObjectWriter" });
  await unblock(Bucket);
  const at = { Bucket, Key: "k" };
  const wanted = new PutObjectCommand({ ...at, ACL: "public-read", Metadata: { color: "red" } });
  const url = await getSignedUrl(owner(), wanted, { expiresIn: 60 });
  expect(await statusOf(url, { method: "PUT", body: "data" })).toBe(200);
  expect((await owner().send(new HeadObjectCommand(at))).Metadata).toEqual({ color: "red" });
  const { Grants } = await owner().send(new GetObjectAclCommand(at));
  expect(Grants!.map(({ Grantee }) => Grantee!.URI ?? Grantee!.ID)).toEqual([
    OWNER_ID,
    "http://acs.amazonaws.com/groups/global/AllUsers",
  ]);
});

behaviour(
  "a signed header in the query may be sent or omitted, but its value must be the signed one",
  "https://github.com/aws/aws-sdk-js-v3/issues/5414",
  async () => {
    const Bucket = await bucket();
    const { host } = new URL(cloud.endpoint);
    const path = `/${Bucket}/k`;
    const query = presign(
      {
        method: "PUT",
        path,
        query: "x-amz-meta-color=red",
        headers: { host, "x-amz-meta-color": "red" },
      },
      { accessKeyId: OWNER, secretAccessKey: "test" },
      { region: "us-east-1", service: "s3", now: Date.now(), expiresIn: 60 },
    );
    const upload = (headers: Record<string, string>) =>
      statusOf(`${cloud.endpoint}${path}?${query}`, { method: "PUT", body: "data", headers });
    expect(await upload({})).toBe(200);
    expect((await owner().send(new HeadObjectCommand({ Bucket, Key: "k" }))).Metadata).toEqual({
      color: "red",
    });
    expect(await upload({ "x-amz-meta-color": "red" })).toBe(200);
    expect(await upload({ "x-amz-meta-color": "blue" })).toBe(403);
  },
);

behaviour("s3:authType distinguishes presigned URLs from signed headers", SIGV4, async () => {
  const Bucket = await bucket();
  await put(Bucket);
  await policy(Bucket, {
    Principal: { AWS: OTHER },
    Action: "s3:GetObject",
    Condition: { StringEquals: { "s3:authType": "REST-QUERY-STRING" } },
  });
  expect(await statusOf(await urlOf(other(), Bucket))).toBe(200);
  await expect(other().send(new GetObjectCommand({ Bucket, Key: "k" }))).rejects.toMatchObject({
    name: "AccessDenied",
  });
});

behaviour("s3:signatureAge limits the age of a presigned URL", SIGV4, async () => {
  const Bucket = await bucket();
  await put(Bucket);
  await policy(Bucket, {
    Principal: { AWS: OTHER },
    Action: "s3:GetObject",
    Condition: { NumericLessThan: { "s3:signatureAge": "600000" } },
  });
  const made = (minutesAgo: number) =>
    getSignedUrl(other(), new GetObjectCommand({ Bucket, Key: "k" }), {
      expiresIn: 3_600,
      signingDate: new Date(Date.now() - minutesAgo * 60_000),
    });
  expect(await statusOf(await made(1))).toBe(200);
  expect(await statusOf(await made(11))).toBe(403);
});

behaviour("s3:x-amz-content-sha256 can require signed payloads", SIGV4, async () => {
  const Bucket = await bucket();
  await policy(
    Bucket,
    { Principal: { AWS: OTHER }, Action: "s3:PutObject" },
    {
      Effect: "Deny",
      Action: "s3:PutObject",
      Condition: { StringEquals: { "s3:x-amz-content-sha256": "UNSIGNED-PAYLOAD" } },
    },
  );
  const url = await getSignedUrl(other(), new PutObjectCommand({ Bucket, Key: "k" }), { expiresIn: 60 });
  expect(await statusOf(url, { method: "PUT", body: "data" })).toBe(403);
  await other().send(new PutObjectCommand({ Bucket, Key: "k", Body: "data" }));
});

/** A form with a file, as a browser posts it. */
async function posted(as: ReturnType<typeof owner>, Bucket: string, fields: Record<string, string> = {}) {
  const form = await createPresignedPost(as, { Bucket, Key: "k", Fields: fields, Expires: 60 });
  const data = new FormData();
  for (const [name, value] of Object.entries(form.fields)) data.append(name, value);
  data.append("file", new Blob(["data"]), "file.txt");
  return statusOf(form.url, { method: "POST", body: data });
}

behaviour("a POST form has the permissions of its signer", POST, async () => {
  const Bucket = await bucket();
  expect(
    await posted(of(user("ann", { account: OWNER, allows: [{ Action: "s3:PutObject" }] })), Bucket),
  ).toBe(204);
  expect(await posted(of(user("bob", { account: OWNER })), Bucket)).toBe(403);
});

behaviour("s3:authType distinguishes POST forms", SIGV4, async () => {
  const Bucket = await bucket();
  await policy(Bucket, {
    Principal: { AWS: OTHER },
    Action: "s3:PutObject",
    Condition: { StringEquals: { "s3:authType": "POST" } },
  });
  expect(await posted(other(), Bucket)).toBe(204);
});

behaviour(
  "aws:SourceIp applies to POST forms",
  doc("IAM/latest/UserGuide/reference_policies_condition-keys.html"),
  async () => {
    const Bucket = await bucket();
    const from = (block: string) =>
      policy(Bucket, {
        Principal: { AWS: OTHER },
        Action: "s3:PutObject",
        Condition: { IpAddress: { "aws:SourceIp": block } },
      });
    await from("203.0.113.0/24");
    expect(await posted(other(), Bucket)).toBe(403);
    await from("127.0.0.0/8");
    expect(await posted(other(), Bucket)).toBe(204);
  },
);

behaviour("a POST form may set the object's ACL", POST, async () => {
  const Bucket = await bucket({ ObjectOwnership: "ObjectWriter" });
  await unblock(Bucket);
  expect(await posted(owner(), Bucket, { acl: "public-read" })).toBe(204);
  expect(await statusOf(`${cloud.endpoint}/${Bucket}/k`)).toBe(200);
});
