import {
  DeletePublicAccessBlockCommand,
  GetPublicAccessBlockCommand,
  PutPublicAccessBlockCommand,
  S3ControlClient,
} from "@aws-sdk/client-s3-control";
import { expect } from "vitest";
import { behaviour, conformanceCloud, doc } from "../cloud.ts";
import { bucketAccess, denied, OTHER, OWNER } from "./bucket-access.ts";
import { resolved } from "./resolved.ts";

/* The public access block of an account. */

const cloud = conformanceCloud();
const { anonymous, policy, get, open } = bucketAccess(cloud);

const ACCOUNT = doc("AmazonS3/latest/API/API_control_PutPublicAccessBlock.html");

const control = (account = OWNER) =>
  new S3ControlClient({ ...cloud.client({ account }), ...resolved(cloud) });
const accountBlock = (PublicAccessBlockConfiguration: object) =>
  control().send(new PutPublicAccessBlockCommand({ AccountId: OWNER, PublicAccessBlockConfiguration }));
const unblockAccount = () => control().send(new DeletePublicAccessBlockCommand({ AccountId: OWNER }));
const blockOfAccount = () => control().send(new GetPublicAccessBlockCommand({ AccountId: OWNER }));

behaviour("an account has no public access block by default", ACCOUNT, async () => {
  await expect(blockOfAccount()).rejects.toMatchObject({
    name: "NoSuchPublicAccessBlockConfiguration",
    $metadata: { httpStatusCode: 404 },
  });
  await accountBlock({ BlockPublicPolicy: true });
  expect((await blockOfAccount()).PublicAccessBlockConfiguration).toEqual({
    BlockPublicAcls: false,
    IgnorePublicAcls: false,
    BlockPublicPolicy: true,
    RestrictPublicBuckets: false,
  });
  await unblockAccount();
});

behaviour("an account's public access block applies to all of its buckets", ACCOUNT, async () => {
  const Bucket = await open({ Action: "s3:GetObject" });
  await get(anonymous(), Bucket);
  await accountBlock({ RestrictPublicBuckets: true, BlockPublicPolicy: true });
  await expect(get(anonymous(), Bucket)).rejects.toMatchObject(denied);
  await expect(policy(Bucket, {})).rejects.toMatchObject({ name: "AccessDenied" });
  await unblockAccount();
  await get(anonymous(), Bucket);
});

behaviour("an account cannot set the public access block of another account", ACCOUNT, async () => {
  const attempt = control(OTHER).send(
    new PutPublicAccessBlockCommand({
      AccountId: OWNER,
      PublicAccessBlockConfiguration: { BlockPublicPolicy: false },
    }),
  );
  await expect(attempt).rejects.toMatchObject({ name: "AccessDenied" });
});
