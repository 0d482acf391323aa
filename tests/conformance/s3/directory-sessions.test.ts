import {
  CopyObjectCommand,
  CreateBucketCommand,
  CreateSessionCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  GetBucketPolicyCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  ListDirectoryBucketsCommand,
  ListObjectsV2Command,
  PutBucketPolicyCommand,
  PutObjectCommand,
  RenameObjectCommand,
  S3Client,
  type SessionMode,
} from "@aws-sdk/client-s3";
import { S3ControlClient, TagResourceCommand } from "@aws-sdk/client-s3-control";
import { ListQueuesCommand, SQSClient } from "@aws-sdk/client-sqs";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { beforeAll, expect } from "vitest";
import { behaviour, conformanceCloud, doc } from "../cloud.ts";
import { identities } from "../identities.ts";
import { exchange } from "../wire.ts";
import { elementIn, refused, type TappedClient } from "./client.ts";
import { directoryClient, directoryName, freshDirectory, inZone, ZONE } from "./directories.ts";
import { resolved } from "./resolved.ts";

/* Sessions with directory buckets, and who may call what with them and without them. */

const cloud = conformanceCloud();
const { user } = identities(cloud);
const OWNER = "111122223333";
const OTHER = "444455556666";
let s3: TappedClient;
let Bucket: string;
beforeAll(async () => {
  s3 = directoryClient(cloud, { account: OWNER });
  Bucket = await freshDirectory(s3);
  await s3.send(new PutObjectCommand({ Bucket, Key: "k", Body: "body" }));
});

const SESSION = doc("AmazonS3/latest/API/API_CreateSession.html");
const AUTHORIZING = doc("AmazonS3/latest/userguide/s3-express-create-session.html");
const IAM = doc("AmazonS3/latest/userguide/s3-express-security-iam.html");
const COPY = doc("AmazonS3/latest/API/API_CopyObject.html");
const ENDPOINTS = doc("AmazonS3/latest/userguide/endpoint-directory-buckets-AZ.html");

const arn = () => `arn:aws:s3express:us-east-1:${OWNER}:bucket/${Bucket}`;
const at = (Key = "k") => ({ Bucket, Key });
/** A client without sessions of its own. */
const plain = (who: { account?: string } = { account: OWNER }, more: object = {}) =>
  directoryClient(cloud, who, { disableS3ExpressSessionAuth: true, ...more });
/** A client of a user with an identity policy. */
const allowed = (name: string, statement: object, account = OWNER) => {
  const { credentials } = user(name, { account, allows: [statement] });
  return (more: object = {}) => plain({}, { credentials, ...more });
};

/** The credentials of a session, and a client that always uses them. */
async function session(SessionMode?: SessionMode, by: S3Client = plain(), of = Bucket) {
  const { Credentials } = await by.send(new CreateSessionCommand({ Bucket: of, SessionMode }));
  const { AccessKeyId = "", SecretAccessKey = "", SessionToken, Expiration } = Credentials!;
  const identity = {
    accessKeyId: AccessKeyId,
    secretAccessKey: SecretAccessKey,
    sessionToken: SessionToken!,
    expiration: Expiration,
  };
  const client = directoryClient(
    cloud,
    {},
    { s3ExpressIdentityProvider: { getS3ExpressIdentity: async () => identity } },
  );
  return { identity, client, expires: Expiration!.getTime() };
}

behaviour("a client addresses a directory bucket by host, with a session", ENDPOINTS, async () => {
  const hosted = new S3Client({ ...cloud.client({ account: OWNER }), ...resolved(cloud) });
  const Bucket = await freshDirectory(hosted);
  const at = { Bucket, Key: "dir/k" };
  await hosted.send(new PutObjectCommand({ ...at, Body: "hosted" }));
  const { Body } = await hosted.send(new GetObjectCommand(at));
  expect(await Body!.transformToString()).toBe("hosted");
  const { Contents } = await s3.send(new ListObjectsV2Command({ Bucket }));
  expect(Contents!.map(({ Key }) => Key)).toEqual(["dir/k"]);
});

behaviour("AWS's own hosts are those of the Zonal and the Regional endpoint", ENDPOINTS, async () => {
  const { endpoint: _, ...options } = cloud.client({ account: OWNER });
  const aws = new S3Client({ ...options, disableS3ExpressSessionAuth: true });
  for (const [command, expected, found] of [
    [new GetObjectCommand(at()), `${Bucket}.s3express-${ZONE}.us-east-1.amazonaws.com`, "body"],
    [
      new ListDirectoryBucketsCommand({}),
      "s3express-control.us-east-1.amazonaws.com",
      `<Name>${Bucket}</Name>`,
    ],
  ] as const) {
    const { host, pathname, search } = new URL(await getSignedUrl(aws, command as GetObjectCommand));
    expect(host).toBe(expected);
    const { port } = new URL(cloud.endpoint);
    const answer = await exchange(`http://127.0.0.1:${port}${pathname}${search}`, { headers: { host } });
    expect([answer.status, answer.text]).toEqual([200, expect.stringContaining(found)]);
  }
});

behaviour("a Zonal endpoint has no sessions with buckets that do not exist", SESSION, async () => {
  const Bucket = directoryName();
  const { Credentials } = await plain().send(new CreateSessionCommand({ Bucket }));
  expect(Credentials).toBeDefined();
  const { endpoint: _, ...options } = cloud.client({ account: OWNER });
  const url = await getSignedUrl(new S3Client(options), new CreateSessionCommand({ Bucket }));
  const { host, pathname, search } = new URL(url);
  const { port } = new URL(cloud.endpoint);
  const answer = await exchange(`http://127.0.0.1:${port}${pathname}${search}`, { headers: { host } });
  expect([answer.status, elementIn(answer.text, "Code")]).toEqual([404, "NoSuchBucket"]);
});

behaviour("a session is for one bucket, and lasts five minutes", SESSION, async () => {
  const { client, expires } = await session();
  expect(Math.abs(expires - Date.now() - 300_000)).toBeLessThan(10_000);
  await client.send(new PutObjectCommand(at("session")));
  const Other = await freshDirectory(s3);
  await refused(client.send(new HeadObjectCommand({ Bucket: Other, Key: "k" })), "Unknown", 403);
});

behaviour("a read-only session cannot write", SESSION, async () => {
  const { client } = await session("ReadOnly");
  await client.send(new GetObjectCommand(at()));
  await client.send(new ListObjectsV2Command({ Bucket }));
  await refused(client.send(new PutObjectCommand(at())), "AccessDenied", 403);
  await refused(client.send(new DeleteObjectCommand(at())), "AccessDenied", 403);
  await refused(client.send(new RenameObjectCommand({ ...at("j"), RenameSource: "k" })), "AccessDenied", 403);
});

behaviour("a read-only session cannot change the bucket", SESSION, async () => {
  const { client } = await session("ReadOnly");
  const policy = new GetBucketPolicyCommand({ Bucket });
  await refused(client.send(policy), "NoSuchBucketPolicy", 404);
  const Policy = JSON.stringify({
    Version: "2012-10-17",
    Statement: { Effect: "Deny", Principal: "*", Action: "s3express:CreateSession", Resource: arn() },
  });
  await refused(client.send(new PutBucketPolicyCommand({ Bucket, Policy })), "AccessDenied", 403);
  await refused(client.send(new DeleteBucketCommand({ Bucket })), "AccessDenied", 403);
});

behaviour("a session does not outlive its bucket's owner", SESSION, async () => {
  const Bucket = directoryName();
  const early = await session(undefined, plain(), Bucket);
  const stranger = plain({ account: OTHER });
  await stranger.send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration: inZone() }));
  await stranger.send(new PutObjectCommand({ Bucket, Key: "k", Body: "secret" }));
  await refused(early.client.send(new GetObjectCommand({ Bucket, Key: "k" })), "AccessDenied", 403);
  await refused(early.client.send(new ListObjectsV2Command({ Bucket })), "AccessDenied", 403);
});

behaviour("an unknown session mode is refused", SESSION, () =>
  refused(session("WriteOnly" as never), "InvalidArgument", 400),
);

behaviour("a session cannot be extended, nor leave its bucket", SESSION, async () => {
  const { identity: token } = await session();
  const signed = { headers: { "x-amz-s3session-token": token.sessionToken } };
  const temporary = plain({}, { credentials: { ...token, sessionToken: undefined } });
  const extended = await temporary.raw(new CreateSessionCommand({ Bucket }), signed);
  expect([extended.status, elementIn(extended.text, "Code")]).toEqual([403, "AccessDenied"]);
  const listed = await temporary.raw(new ListBucketsCommand({}), signed);
  expect([listed.status, elementIn(listed.text, "Code")]).toEqual([403, "AccessDenied"]);
});

behaviour("a session's token is not one of STS, and is of no use for other services", SESSION, async () => {
  const { identity: credentials } = await session();
  const asToken = plain({}, { credentials });
  await refused(asToken.send(new GetObjectCommand(at())), "InvalidToken", 400);
  const sqs = new SQSClient({ ...cloud.client(), credentials });
  await expect(sqs.send(new ListQueuesCommand({}))).rejects.toMatchObject({
    $metadata: { httpStatusCode: 403 },
  });
});

behaviour("the token of another session does not fit", SESSION, async () => {
  const [one, other] = [await session(), await session()];
  const { sessionToken } = other.identity;
  const mixed = { ...one.identity, sessionToken };
  const client = directoryClient(
    cloud,
    {},
    { s3ExpressIdentityProvider: { getS3ExpressIdentity: async () => mixed } },
  );
  await refused(client.send(new GetObjectCommand(at())), "InvalidToken", 400);
});

behaviour("presigned URLs hold the session, and end with it", AUTHORIZING, async () => {
  const { client } = await session();
  const url = await getSignedUrl(client, new GetObjectCommand(at()), { expiresIn: 3_600 });
  expect(new URL(url).searchParams.has("X-Amz-S3session-Token")).toBe(true);
  const answer = await fetch(url);
  expect([answer.status, await answer.text()]).toEqual([200, "body"]);
});

behaviour("CreateSession is the permission for all calls on objects", AUTHORIZING, async () => {
  const reader = allowed("reader", {
    Action: "s3express:CreateSession",
    Condition: { StringEquals: { "s3express:SessionMode": "ReadOnly" } },
  });
  const { Credentials } = await reader().send(new CreateSessionCommand({ Bucket }));
  expect(Credentials).toBeDefined();
  const { client } = await session(undefined, reader());
  await client.send(new GetObjectCommand(at()));
  await refused(client.send(new PutObjectCommand(at())), "AccessDenied", 403);
  await refused(session("ReadWrite", reader()), "AccessDenied", 403);

  await reader().send(new GetObjectCommand(at()));
  await refused(reader().send(new PutObjectCommand(at())), "AccessDenied", 403);
  const ofS3 = allowed("general", { Action: "s3:*" });
  await refused(ofS3().send(new GetObjectCommand(at())), "AccessDenied", 403);
  await refused(session(undefined, ofS3()), "AccessDenied", 403);
});

behaviour("an identity policy can name the bucket and its zone", IAM, async () => {
  const named = allowed("named", { Action: "s3express:*", Resource: arn() });
  await named().send(new HeadBucketCommand({ Bucket }));
  const elsewhere = allowed("elsewhere", {
    Action: "s3express:*",
    Condition: { StringEquals: { "s3express:LocationName": "use1-az5" } },
  });
  await refused(elsewhere().send(new GetObjectCommand(at())), "AccessDenied", 403);
});

behaviour("calls on the bucket itself need permissions of their own", IAM, async () => {
  const all = allowed("sessions", { Action: "s3express:CreateSession" });
  await refused(all().send(new DeleteBucketCommand({ Bucket })), "AccessDenied", 403);
  const Bucket2 = directoryName();
  const create = (by: S3Client) =>
    by.send(new CreateBucketCommand({ Bucket: Bucket2, CreateBucketConfiguration: inZone() }));
  await refused(create(all()), "AccessDenied", 403);
  await create(allowed("creator", { Action: "s3express:CreateBucket" })());
});

behaviour("the bucket's policy lets other accounts create sessions, and nothing else", IAM, async () => {
  const stranger = () => plain({ account: OTHER });
  await refused(session(undefined, stranger()), "AccessDenied", 403);
  const Policy = JSON.stringify({
    Version: "2012-10-17",
    Statement: {
      Effect: "Allow",
      Principal: { AWS: OTHER },
      Action: "s3express:CreateSession",
      Resource: arn(),
    },
  });
  await plain().send(new PutBucketPolicyCommand({ Bucket, Policy }));
  const { client } = await session(undefined, allowed("visitor", { Action: "s3express:*" }, OTHER)());
  await client.send(new PutObjectCommand(at("visited")));
  await refused(
    allowed("intruder", { Action: "s3express:*" }, OTHER)().send(new DeleteBucketCommand({ Bucket })),
    "AccessDenied",
    403,
  );
});

behaviour("anonymous callers are refused", IAM, async () => {
  const answer = await fetch(`${cloud.endpoint}/${Bucket}/k`);
  expect([answer.status, elementIn(await answer.text(), "Code")]).toEqual([403, "AccessDenied"]);
});

behaviour("a copy needs the credentials of IAM, and permissions for both buckets", COPY, async () => {
  const copy = (by: S3Client) => by.send(new CopyObjectCommand({ ...at("copy"), CopySource: `${Bucket}/k` }));
  await copy(s3);
  await refused(
    copy(
      allowed("copier", {
        Action: "s3express:CreateSession",
        Condition: { StringEquals: { "s3express:SessionMode": "ReadOnly" } },
      })(),
    ),
    "AccessDenied",
    403,
  );
  await copy(allowed("writer", { Action: "s3express:CreateSession" })());
});

behaviour("tags are changed with permissions of S3 Express", IAM, async () => {
  const control = (name: string, Action: string) => {
    const { credentials } = user(name, { account: OWNER, allows: [{ Action }] });
    return new S3ControlClient({ ...cloud.client(), credentials, ...resolved(cloud) });
  };
  const tag = () =>
    new TagResourceCommand({
      AccountId: OWNER,
      ResourceArn: arn(),
      Tags: [{ Key: "a", Value: "b" }],
    });
  await expect(control("general-tagger", "s3:TagResource").send(tag())).rejects.toMatchObject({
    name: "AccessDenied",
  });
  await control("tagger", "s3express:TagResource").send(tag());
});

behaviour("an expired session is refused", SESSION, async () => {
  const { client } = await session();
  await cloud.freeze();
  await cloud.advance(4 * 60_000);
  await client.send(new HeadObjectCommand(at()));
  await cloud.advance(60_000);
  await refused(client.send(new GetObjectCommand(at())), "ExpiredToken", 400);
});
