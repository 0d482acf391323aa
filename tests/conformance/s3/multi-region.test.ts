import {
  CreateBucketCommand,
  DeleteBucketCommand,
  GetObjectCommand,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import {
  type AsyncOperation,
  CreateMultiRegionAccessPointCommand,
  type CreateMultiRegionAccessPointCommandInput,
  DeleteMultiRegionAccessPointCommand,
  DescribeMultiRegionAccessPointOperationCommand,
  GetMultiRegionAccessPointCommand,
  GetMultiRegionAccessPointPolicyCommand,
  GetMultiRegionAccessPointPolicyStatusCommand,
  GetMultiRegionAccessPointRoutesCommand,
  ListMultiRegionAccessPointsCommand,
  PutMultiRegionAccessPointPolicyCommand,
  S3ControlClient,
  SubmitMultiRegionAccessPointRoutesCommand,
} from "@aws-sdk/client-s3-control";
import { expect } from "vitest";
import { behaviour, conformanceCloud, doc } from "../cloud.ts";
import { callAsymmetric } from "../sigv4a.ts";
import { bucketAccess, denied, OTHER, OWNER } from "./bucket-access.ts";
import { resolved } from "./resolved.ts";

const cloud = conformanceCloud();
const { owner, other, put, policy } = bucketAccess(cloud);

const CREATE = doc("AmazonS3/latest/API/API_control_CreateMultiRegionAccessPoint.html");
const DELETE = doc("AmazonS3/latest/API/API_control_DeleteMultiRegionAccessPoint.html");
const DESCRIBE = doc("AmazonS3/latest/API/API_control_DescribeMultiRegionAccessPointOperation.html");
const GET = doc("AmazonS3/latest/API/API_control_GetMultiRegionAccessPoint.html");
const LIST = doc("AmazonS3/latest/API/API_control_ListMultiRegionAccessPoints.html");
const PUT_POLICY = doc("AmazonS3/latest/API/API_control_PutMultiRegionAccessPointPolicy.html");
const SUBMIT = doc("AmazonS3/latest/API/API_control_SubmitMultiRegionAccessPointRoutes.html");
const ERRORS = doc("AmazonS3/latest/API/ErrorResponses.html");
const NAMING = doc("AmazonS3/latest/userguide/multi-region-access-point-naming.html");
const REQUESTS = doc("AmazonS3/latest/userguide/MultiRegionAccessPointRequests.html");
const PERMISSIONS = doc("AmazonS3/latest/userguide/MultiRegionAccessPointPermissions.html");
const FAILOVER = doc("AmazonS3/latest/userguide/MrapFailover.html");

const control = (account = OWNER) =>
  new S3ControlClient({ ...cloud.client({ account, region: "us-west-2" }), ...resolved(cloud) });

async function get(as: S3Client, Bucket: string, Key = "k"): Promise<string> {
  const { Body } = await as.send(new GetObjectCommand({ Bucket, Key }));
  return Body!.transformToString();
}

let made = 0;
/** Creates a bucket in each of the Regions. */
async function bucketsIn(...regions: string[]): Promise<string[]> {
  const names: string[] = [];
  for (const region of regions) {
    const Bucket = `mrap-bucket-${++made}`;
    const client = new S3Client({ ...cloud.client({ account: OWNER, region }), forcePathStyle: true });
    await client.send(new CreateBucketCommand({ Bucket }));
    names.push(Bucket);
  }
  return names;
}

type Details = NonNullable<CreateMultiRegionAccessPointCommandInput["Details"]>;

/** Asks about a request until it has ended. */
async function outcome(RequestTokenARN: string): Promise<AsyncOperation> {
  await cloud.advance(60_000);
  const { AsyncOperation } = await control().send(
    new DescribeMultiRegionAccessPointOperationCommand({ AccountId: OWNER, RequestTokenARN }),
  );
  return AsyncOperation!;
}

async function request(details: Partial<Details> & Pick<Details, "Regions">, ClientToken?: string) {
  const Details = { Name: `point-${++made}`, ...details };
  const command = new CreateMultiRegionAccessPointCommand({ AccountId: OWNER, ClientToken, Details });
  const { RequestTokenARN } = await control().send(command);
  return { name: Details.Name, ended: await outcome(RequestTokenARN!) };
}

/** Creates a Multi-Region Access Point of new buckets. */
async function accessPoint(...regions: string[]) {
  const buckets = await bucketsIn(...regions);
  const { name, ended } = await request({ Regions: buckets.map((Bucket) => ({ Bucket })) });
  expect(ended.RequestStatus).toBe("SUCCEEDED");
  const { AccessPoint } = await control().send(
    new GetMultiRegionAccessPointCommand({ AccountId: OWNER, Name: name }),
  );
  const alias = AccessPoint!.Alias!;
  return { name, buckets, alias, arn: `arn:aws:s3::${OWNER}:accesspoint/${alias}`, report: AccessPoint! };
}

behaviour("a creation is asynchronous, and its request tells how it ended", CREATE, async () => {
  const [Bucket] = await bucketsIn("us-west-2");
  const { name, ended } = await request({ Regions: [{ Bucket }] });
  expect(ended).toMatchObject({
    CreationTime: expect.any(Date),
    Operation: "CreateMultiRegionAccessPoint",
    RequestTokenARN: expect.stringMatching(
      new RegExp(`^arn:aws:s3:us-west-2:${OWNER}:async-request/mrap/[a-z-]+/[^/]+$`),
    ),
    RequestStatus: "SUCCEEDED",
    RequestParameters: { CreateMultiRegionAccessPointRequest: { Name: name, Regions: [{ Bucket }] } },
  });
});

behaviour("an access point has an alias, its Regions and blocks all public access", GET, async () => {
  const { name, buckets, report } = await accessPoint("us-west-2", "eu-west-1");
  expect(report).toEqual({
    Name: name,
    Alias: expect.stringMatching(/^[a-z][a-z0-9]{12}\.mrap$/),
    CreatedAt: expect.any(Date),
    PublicAccessBlock: {
      BlockPublicAcls: true,
      IgnorePublicAcls: true,
      BlockPublicPolicy: true,
      RestrictPublicBuckets: true,
    },
    Status: "READY",
    Regions: [
      { Bucket: buckets[0], Region: "us-west-2", BucketAccountId: OWNER },
      { Bucket: buckets[1], Region: "eu-west-1", BucketAccountId: OWNER },
    ],
  });
});

behaviour("a request with the same client token is the same request", CREATE, async () => {
  const [Bucket] = await bucketsIn("us-west-2");
  const details = { Name: "once", Regions: [{ Bucket }] };
  const first = await request(details, "token-1");
  const again = await request(details, "token-1");
  expect(again.ended.RequestTokenARN).toBe(first.ended.RequestTokenARN);
  expect(again.ended.RequestStatus).toBe("SUCCEEDED");
});

for (const [what, details, Code] of [
  ["a missing bucket", async () => ({ Regions: [{ Bucket: "there-is-none" }] }), "NoSuchBucket"],
  [
    "two buckets of one Region",
    async () => ({ Regions: (await bucketsIn("us-east-2", "us-east-2")).map((Bucket) => ({ Bucket })) }),
    "MultiRegionAccessPointSameBucketRegion",
  ],
  [
    "a name that is taken",
    async () => {
      const { name, buckets } = await accessPoint("us-west-2");
      return { Name: name, Regions: [{ Bucket: buckets[0] }] };
    },
    "MultiRegionAccessPointAlreadyOwnedByYou",
  ],
] as const) {
  behaviour(`a creation with ${what} fails later`, ERRORS, async () => {
    const { ended } = await request(await details());
    expect(ended).toMatchObject({ RequestStatus: "FAILED", ResponseDetails: { ErrorDetails: { Code } } });
  });
}

for (const Name of ["Capital", "ab", "a".repeat(51), "-leading", "trailing-", "un_der"])
  behaviour(`the name ${Name} is refused`, NAMING, async () => {
    const [Bucket] = await bucketsIn("us-west-2");
    await expect(request({ Name, Regions: [{ Bucket }] })).rejects.toMatchObject({
      $metadata: { httpStatusCode: 400 },
    });
  });

behaviour("an access point has at most 20 Regions", ERRORS, async () => {
  const Regions = Array.from({ length: 21 }, () => ({ Bucket: "any-bucket" }));
  await expect(request({ Regions })).rejects.toMatchObject({
    name: "TooManyMultiRegionAccessPointregionsError",
    $metadata: { httpStatusCode: 400 },
  });
});

behaviour("an account has at most 100 access points", LIST, async () => {
  const account = "555566667777";
  const region = "us-west-2";
  const Bucket = `mrap-bucket-${++made}`;
  const client = new S3Client({ ...cloud.client({ account, region }), forcePathStyle: true });
  await client.send(new CreateBucketCommand({ Bucket }));
  const create = (number: number) =>
    control(account).send(
      new CreateMultiRegionAccessPointCommand({
        AccountId: account,
        Details: { Name: `point-${number}`, Regions: [{ Bucket }] },
      }),
    );
  for (let number = 1; number <= 100; number++) await create(number);
  await cloud.advance(60_000);
  const { RequestTokenARN } = await create(101);
  await cloud.advance(60_000);
  const { AsyncOperation } = await control(account).send(
    new DescribeMultiRegionAccessPointOperationCommand({ AccountId: account, RequestTokenARN }),
  );
  expect(AsyncOperation).toMatchObject({
    RequestStatus: "FAILED",
    ResponseDetails: { ErrorDetails: { Code: "TooManyMultiRegionAccessPoints" } },
  });
});

behaviour("access points are listed by account", LIST, async () => {
  const names = [(await accessPoint("us-west-2")).name, (await accessPoint("us-west-2")).name];
  const listed: (string | undefined)[] = [];
  let NextToken: string | undefined;
  do {
    const page = await control().send(
      new ListMultiRegionAccessPointsCommand({ AccountId: OWNER, MaxResults: 1, NextToken }),
    );
    expect(page.AccessPoints).toHaveLength(1);
    listed.push(page.AccessPoints?.[0]?.Name);
    NextToken = page.NextToken;
  } while (NextToken !== undefined);
  expect(listed).toEqual(expect.arrayContaining(names));
  const others = await control(OTHER).send(new ListMultiRegionAccessPointsCommand({ AccountId: OTHER }));
  expect(others.AccessPoints ?? []).toEqual([]);
});

behaviour("a deleted access point is gone", DELETE, async () => {
  const { name, alias, buckets } = await accessPoint("us-west-2");
  await put(buckets[0]!);
  const { RequestTokenARN } = await control().send(
    new DeleteMultiRegionAccessPointCommand({ AccountId: OWNER, Details: { Name: name } }),
  );
  expect(await outcome(RequestTokenARN!)).toMatchObject({
    Operation: "DeleteMultiRegionAccessPoint",
    RequestStatus: "SUCCEEDED",
  });
  const gone = control().send(new GetMultiRegionAccessPointCommand({ AccountId: OWNER, Name: name }));
  await expect(gone).rejects.toMatchObject({
    name: "NoSuchMultiRegionAccessPoint",
    $metadata: { httpStatusCode: 404 },
  });
  await expect(get(owner(), alias)).rejects.toMatchObject({ name: "NoSuchBucket" });
});

behaviour("only an access point that exists can be deleted or have a policy", ERRORS, async () => {
  const missing = { name: "NoSuchMultiRegionAccessPoint", $metadata: { httpStatusCode: 404 } };
  const deleted = control().send(
    new DeleteMultiRegionAccessPointCommand({ AccountId: OWNER, Details: { Name: "missing" } }),
  );
  await expect(deleted).rejects.toMatchObject(missing);
  await expect(putPolicy("missing", "{}")).rejects.toMatchObject(missing);
});

behaviour("a request that is not known answers NoSuchAsyncRequest", DESCRIBE, async () => {
  const { ended } = await request({ Regions: [{ Bucket: "there-is-none" }] });
  for (const RequestTokenARN of [`${ended.RequestTokenARN}1`, "arn:aws:s3:us-west-2:111122223333:x"])
    await expect(outcome(RequestTokenARN)).rejects.toMatchObject({
      name: "NoSuchAsyncRequest",
      $metadata: { httpStatusCode: 404 },
    });
});

behaviour("a request is forgotten some time after its end", DESCRIBE, async () => {
  const { ended } = await request({ Regions: [{ Bucket: "there-is-none" }] });
  await cloud.advance(100 * 86_400_000);
  await expect(outcome(ended.RequestTokenARN!)).rejects.toMatchObject({ name: "NoSuchAsyncRequest" });
});

// Requests for objects

behaviour("objects are read and written by the global host name, signed with SigV4A", REQUESTS, async () => {
  const { alias, buckets } = await accessPoint("us-west-2", "eu-west-1");
  const call = {
    service: "s3",
    regionSet: "*",
    account: OWNER,
    path: "/photo",
    host: `${alias}.accesspoint.s3-global.amazonaws.com`,
  };
  const written = await callAsymmetric(cloud.endpoint, { ...call, method: "PUT", body: "bytes" });
  expect(written.status).toBe(200);
  expect((await callAsymmetric(cloud.endpoint, call)).text).toBe("bytes");
  expect(await get(owner(), buckets[0]!, "photo")).toBe("bytes");
});

behaviour("requests are routed to the active Region", FAILOVER, async () => {
  const { alias, arn, buckets } = await accessPoint("us-west-2", "eu-west-1");
  for (const [i, Bucket] of buckets.entries())
    await owner().send(new PutObjectCommand({ Bucket, Key: "k", Body: `region ${i}` }));
  expect(await get(owner(), alias)).toBe("region 0");
  await submit(arn, [
    { Region: "us-west-2", TrafficDialPercentage: 0 },
    { Bucket: buckets[1], Region: "eu-west-1", TrafficDialPercentage: 100 },
  ]);
  expect(await get(owner(), alias)).toBe("region 1");
  const { Routes } = await control().send(
    new GetMultiRegionAccessPointRoutesCommand({ AccountId: OWNER, Mrap: arn }),
  );
  expect(Routes).toEqual([
    { Bucket: buckets[0], Region: "us-west-2", TrafficDialPercentage: 0 },
    { Bucket: buckets[1], Region: "eu-west-1", TrafficDialPercentage: 100 },
  ]);
});

const submit = (Mrap: string, RouteUpdates: object[]) =>
  control().send(
    new SubmitMultiRegionAccessPointRoutesCommand({
      AccountId: OWNER,
      Mrap,
      RouteUpdates: RouteUpdates as { TrafficDialPercentage: number }[],
    }),
  );

for (const [what, update] of [
  ["a dial between 0 and 100", { Region: "us-west-2", TrafficDialPercentage: 50 }],
  ["neither bucket nor Region", { TrafficDialPercentage: 0 }],
  ["a Region that the access point does not have", { Region: "eu-west-2", TrafficDialPercentage: 0 }],
  ["no active Region left", { Region: "us-west-2", TrafficDialPercentage: 0 }],
] as const) {
  behaviour(`a route update with ${what} is refused`, SUBMIT, async () => {
    const { arn } = await accessPoint("us-west-2");
    await expect(submit(arn, [update])).rejects.toMatchObject({ $metadata: { httpStatusCode: 400 } });
  });
}

behaviour("routes of an access point that does not exist", SUBMIT, async () => {
  await expect(
    submit("none.mrap", [{ Region: "us-west-2", TrafficDialPercentage: 0 }]),
  ).rejects.toMatchObject({ name: "NoSuchMultiRegionAccessPoint" });
});

// Policies

const putPolicy = async (Name: string, document: object | string) => {
  const Policy = typeof document === "string" ? document : JSON.stringify(document);
  const { RequestTokenARN } = await control().send(
    new PutMultiRegionAccessPointPolicyCommand({ AccountId: OWNER, Details: { Name, Policy } }),
  );
  return outcome(RequestTokenARN!);
};

const allowing = (arn: string, Principal: unknown = { AWS: OTHER }) => ({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Principal, Action: "s3:GetObject", Resource: `${arn}/object/*` }],
});

behaviour("a call must be allowed by the access point and by the bucket", PERMISSIONS, async () => {
  const { name, alias, arn, buckets } = await accessPoint("us-west-2");
  await put(buckets[0]!);
  await expect(get(other(), alias)).rejects.toMatchObject(denied);
  expect(await putPolicy(name, allowing(arn))).toMatchObject({ RequestStatus: "SUCCEEDED" });
  await expect(get(other(), alias)).rejects.toMatchObject(denied);
  await policy(buckets[0]!, { Principal: { AWS: OTHER }, Action: "s3:GetObject" });
  expect(await get(other(), alias)).toBe("data");
  const other2 = await accessPoint("us-west-2");
  await expect(get(other(), other2.alias)).rejects.toMatchObject({ name: "AccessDenied" });
});

behaviour("the policy is returned, and whether it is public", PUT_POLICY, async () => {
  const { name, arn } = await accessPoint("us-west-2");
  const of = { AccountId: OWNER, Name: name };
  await putPolicy(name, allowing(arn));
  const { Policy } = await control().send(new GetMultiRegionAccessPointPolicyCommand(of));
  expect(JSON.parse(Policy!.Established!.Policy!).Statement[0].Resource).toBe(`${arn}/object/*`);
  expect(Policy!.Proposed).toEqual(Policy!.Established);
  const { Established } = await control().send(new GetMultiRegionAccessPointPolicyStatusCommand(of));
  expect(Established).toEqual({ IsPublic: false });
});

// https://github.com/hashicorp/terraform-provider-aws: multi_region_access_point_policy_test.go, as run on AWS.
behaviour("the policy is returned as it was put", PUT_POLICY, async () => {
  const { name, arn } = await accessPoint("us-west-2");
  const text = JSON.stringify({ Statement: allowing(arn).Statement, Version: "2012-10-17" });
  await putPolicy(name, text);
  const { Policy } = await control().send(
    new GetMultiRegionAccessPointPolicyCommand({ AccountId: OWNER, Name: name }),
  );
  expect(Policy).toEqual({ Established: { Policy: text }, Proposed: { Policy: text } });
});

behaviour("a policy that is malformed or public fails later", ERRORS, async () => {
  const { name, arn } = await accessPoint("us-west-2");
  for (const [document, Code] of [
    ["{}", "MalformedPolicy"],
    [allowing(arn, "*"), "AccessDenied"],
  ] as const)
    expect(await putPolicy(name, document)).toMatchObject({
      RequestStatus: "FAILED",
      ResponseDetails: { ErrorDetails: { Code } },
    });
});

behaviour("a request through an access point whose bucket was deleted fails", REQUESTS, async () => {
  const { alias, buckets } = await accessPoint("us-west-2");
  await owner().send(new DeleteBucketCommand({ Bucket: buckets[0] }));
  await expect(get(owner(), alias)).rejects.toMatchObject({ name: "NoSuchBucket" });
});

behaviour("only the account itself may call its control plane", PERMISSIONS, async () => {
  const { name } = await accessPoint("us-west-2");
  const theirs = control(OTHER).send(new GetMultiRegionAccessPointCommand({ AccountId: OWNER, Name: name }));
  await expect(theirs).rejects.toMatchObject({ name: "AccessDenied" });
});
