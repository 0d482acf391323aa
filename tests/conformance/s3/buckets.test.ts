import {
  CreateBucketCommand,
  type CreateBucketCommandInput,
  DeleteBucketCommand,
  GetBucketLocationCommand,
  GetBucketVersioningCommand,
  HeadBucketCommand,
  ListBucketsCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  type Tag,
} from "@aws-sdk/client-s3";
import { beforeAll, expect } from "vitest";
import { behaviour, conformanceCloud, doc } from "../cloud.ts";
import { elementIn, elementsOf, freshBucket, refused, s3Client, type TappedClient } from "./client.ts";
import { send } from "./wire.ts";

const cloud = conformanceCloud();
let s3: TappedClient;
let europe: TappedClient;
let other: TappedClient;
beforeAll(() => {
  s3 = s3Client(cloud);
  europe = s3Client(cloud, { region: "eu-west-1" });
  other = s3Client(cloud, { account: "111111111111" });
});

const HEAD = doc("AmazonS3/latest/API/API_HeadBucket.html");
const CREATE = doc("AmazonS3/latest/API/API_CreateBucket.html");
const DELETE = doc("AmazonS3/latest/API/API_DeleteBucket.html");
const LIST = doc("AmazonS3/latest/API/API_ListBuckets.html");
const LOCATION = doc("AmazonS3/latest/API/API_GetBucketLocation.html");
const NAMES = doc("AmazonS3/latest/userguide/bucketnamingrules.html");
const ERRORS = doc("AmazonS3/latest/API/ErrorResponses.html");
const OWNER = doc("AmazonS3/latest/userguide/bucket-owner-condition.html");
const VERSIONING = doc("AmazonS3/latest/API/API_PutBucketVersioning.html");

const create = (input: CreateBucketCommandInput, by = s3) => by.send(new CreateBucketCommand(input));

// HeadBucket

behaviour("HeadBucket of a missing bucket answers 404", HEAD, () =>
  refused(s3.send(new HeadBucketCommand({ Bucket: "not-there" })), "NotFound", 404),
);

behaviour("HeadBucket answers without a body, even for errors", HEAD, async () => {
  expect(await s3.raw(new HeadBucketCommand({ Bucket: "not-there" }))).toMatchObject({
    status: 404,
    text: "",
  });
});

behaviour("HeadBucket returns the bucket's Region", HEAD, async () => {
  const Bucket = await freshBucket(s3, "head");
  const { status, headers } = await s3.raw(new HeadBucketCommand({ Bucket }));
  expect(status).toBe(200);
  expect(headers["x-amz-bucket-region"]).toBe("us-east-1");
});

behaviour("HeadBucket of another account's bucket answers 403", HEAD, async () => {
  const Bucket = await freshBucket(other, "others");
  await expect(s3.send(new HeadBucketCommand({ Bucket }))).rejects.toMatchObject({
    $metadata: { httpStatusCode: 403 },
  });
});

behaviour("HeadBucket tells the bucket's Region even to callers without access", HEAD, async () => {
  const Bucket = await freshBucket(europe, "forbidden");
  for (const account of ["111111111111", false] as const) {
    const { status, headers } = await send(cloud, { method: "HEAD", target: `/${Bucket}`, account });
    expect([status, headers["x-amz-bucket-region"]]).toEqual([403, "eu-west-1"]);
  }
});

// CreateBucket

behaviour("CreateBucket creates the bucket in the Region of its LocationConstraint", CREATE, async () => {
  const CreateBucketConfiguration = { LocationConstraint: "eu-west-1" as const };
  await create({ Bucket: "in-europe", CreateBucketConfiguration }, europe);
  const head = await europe.send(new HeadBucketCommand({ Bucket: "in-europe" }));
  expect(head.BucketRegion).toBe("eu-west-1");
});

behaviour("CreateBucket answers with a Location header and no body", CREATE, async () => {
  const { status, headers, text } = await s3.raw(new CreateBucketCommand({ Bucket: "located" }));
  expect([status, headers.location, text]).toEqual([200, "/located", ""]);
});

behaviour("the endpoint of us-east-1 creates buckets in other Regions", CREATE, async () => {
  const made = await create({
    Bucket: "made-from-afar",
    CreateBucketConfiguration: { LocationConstraint: "ap-south-1" },
  });
  expect(made.Location).toBe("http://made-from-afar.s3.amazonaws.com/");
  expect((await s3.send(new HeadBucketCommand({ Bucket: "made-from-afar" }))).BucketRegion).toBe(
    "ap-south-1",
  );
});

behaviour("endpoints of other Regions require a LocationConstraint", CREATE, async () => {
  // The AWS client sends its own Region as the constraint by default.
  const { status, text } = await europe.raw(new CreateBucketCommand({ Bucket: "unconstrained" }), {
    body: "",
  });
  expect([status, elementIn(text, "Code"), elementIn(text, "Message")]).toEqual([
    400,
    "IllegalLocationConstraintException",
    "The unspecified location constraint is incompatible for the region specific endpoint this request was sent to.",
  ]);
});

behaviour("endpoints of other Regions create buckets in their own Region only", CREATE, () =>
  refused(
    create(
      { Bucket: "elsewhere", CreateBucketConfiguration: { LocationConstraint: "eu-central-1" } },
      europe,
    ),
    "IllegalLocationConstraintException",
    400,
    {
      message:
        "The eu-central-1 location constraint is incompatible for the region specific endpoint this request was sent to.",
    },
  ),
);

for (const LocationConstraint of ["mars", "us-moon-1", "cn-north-1"]) {
  behaviour(
    `a LocationConstraint that is not a Region of the partition is refused: ${LocationConstraint}`,
    CREATE,
    () =>
      refused(
        create({
          Bucket: "nowhere",
          CreateBucketConfiguration: { LocationConstraint: LocationConstraint as "EU" },
        }),
        "InvalidLocationConstraint",
        400,
        { message: "The specified location-constraint is not valid", LocationConstraint },
      ),
  );
}

behaviour(
  "an empty LocationConstraint is refused",
  "https://github.com/versity/versitygw/issues/1644",
  async () => {
    const body = "<CreateBucketConfiguration><LocationConstraint/></CreateBucketConfiguration>";
    const { status, text } = await s3.raw(new CreateBucketCommand({ Bucket: "nothing" }), { body });
    expect([status, elementIn(text, "Code"), elementIn(text, "LocationConstraint")]).toEqual([
      400,
      "InvalidLocationConstraint",
      "",
    ]);
  },
);

behaviour(
  "an empty CreateBucketConfiguration is refused",
  "https://github.com/cloudify-cosmo/cloudify-aws-plugin/pull/475",
  () => refused(create({ Bucket: "silent", CreateBucketConfiguration: {} }), "MalformedXML", 400),
);

behaviour("us-east-1 is not a valid LocationConstraint", CREATE, () =>
  refused(
    create({ Bucket: "home", CreateBucketConfiguration: { LocationConstraint: "us-east-1" as "EU" } }),
    "InvalidLocationConstraint",
    400,
  ),
);

behaviour("a bucket name that another account uses is not available", CREATE, async () => {
  const Bucket = await freshBucket(other, "taken");
  await refused(create({ Bucket }), "BucketAlreadyExists", 409, {
    message:
      "The requested bucket name is not available. The bucket namespace is shared by all users of the system. Please select a different name and try again.",
    BucketName: Bucket,
  });
});

behaviour("in us-east-1 an owner may create an existing bucket again", CREATE, async () => {
  const Bucket = await freshBucket(s3);
  expect((await s3.raw(new CreateBucketCommand({ Bucket }))).status).toBe(200);
});

behaviour("in other Regions an owner may not create an existing bucket again", CREATE, async () => {
  const input = { Bucket: "twice", CreateBucketConfiguration: { LocationConstraint: "eu-west-1" as const } };
  await create(input, europe);
  await refused(create(input, europe), "BucketAlreadyOwnedByYou", 409, {
    message: "Your previous request to create the named bucket succeeded and you already own it.",
    BucketName: "twice",
  });
});

behaviour("CreateBucket accepts tags", CREATE, async () => {
  const Tags = [{ Key: "team", Value: "blue" }];
  await create({ Bucket: "tagged-at-birth", CreateBucketConfiguration: { Tags } });
});

behaviour("each tag of CreateBucket must have a key and a value", CREATE, async () => {
  const halves: Partial<Tag>[] = [{}, { Key: "team" }, { Value: "blue" }];
  for (const half of halves) {
    const CreateBucketConfiguration = { Tags: [half as Tag] };
    await refused(create({ Bucket: "half-tagged", CreateBucketConfiguration }), "MalformedXML", 400);
  }
});

// Names

for (const [what, name] of [
  ["shorter than 3", "ab"],
  ["longer than 63", "a".repeat(64)],
  ["with capital letters", "Capital"],
  ["with an underscore", "under_score"],
  ["with a hyphen before a period", "label-.bucket"],
  ["with a hyphen after a period", "label.-bucket"],
  ["that begins with a hyphen", "-begins"],
  ["that ends with a hyphen", "ends-"],
  ["that begins with a period", ".begins"],
  ["with two periods in a row", "two..periods"],
  ["that is an IP address", "192.168.5.4"],
  ["that begins with xn--", "xn--name"],
  ["that begins with sthree-", "sthree-name"],
  ["that begins with amzn-s3-demo-", "amzn-s3-demo-name"],
  ["that ends with -s3alias", "name-s3alias"],
  ["that ends with --ol-s3", "name--ol-s3"],
  ["that ends with .mrap", "name.mrap"],
  ["that ends with --x-s3", "name--x-s3"],
  ["that ends with --table-s3", "name--table-s3"],
] as const) {
  behaviour(`a bucket name ${what} is invalid`, NAMES, async () => {
    // The AWS client interprets some of these names in another way.
    const { status, text } = await s3.raw(new CreateBucketCommand({ Bucket: "a-name" }), {
      path: `/${name}`,
    });
    expect([status, elementIn(text, "Code"), elementIn(text, "BucketName")]).toEqual([
      400,
      "InvalidBucketName",
      name,
    ]);
    expect(elementIn(text, "Message")).toBe("The specified bucket is not valid.");
  });
}

for (const name of ["abc", "a".repeat(63), "with.periods", "1begins-with-a-digit", "ends-with-a-digit-1"]) {
  behaviour(`${name} is a valid bucket name`, NAMES, async () => {
    expect((await s3.raw(new CreateBucketCommand({ Bucket: name }))).status).toBe(200);
  });
}

// GetBucketLocation

behaviour("GetBucketLocation of a bucket in us-east-1 is empty", LOCATION, async () => {
  const Bucket = await freshBucket(s3);
  const { text } = await s3.raw(new GetBucketLocationCommand({ Bucket }));
  expect(text).toMatch(
    /<LocationConstraint xmlns="http:\/\/s3\.amazonaws\.com\/doc\/2006-03-01\/"(\/>|><\/LocationConstraint>)$/,
  );
});

behaviour("GetBucketLocation of a bucket in another Region returns its Region", LOCATION, async () => {
  const { text } = await s3.raw(new GetBucketLocationCommand({ Bucket: "in-europe" }));
  expect(elementIn(text, "LocationConstraint")).toBe("eu-west-1");
});

behaviour("the constraint EU means eu-west-1, and is returned as it was given", LOCATION, async () => {
  await create({ Bucket: "in-the-eu", CreateBucketConfiguration: { LocationConstraint: "EU" } });
  const { text } = await s3.raw(new GetBucketLocationCommand({ Bucket: "in-the-eu" }));
  expect(elementIn(text, "LocationConstraint")).toBe("EU");
  expect((await s3.send(new HeadBucketCommand({ Bucket: "in-the-eu" }))).BucketRegion).toBe("eu-west-1");
});

// DeleteBucket

behaviour("DeleteBucket answers 204 and deletes the bucket", DELETE, async () => {
  const Bucket = await freshBucket(s3);
  expect(await s3.raw(new DeleteBucketCommand({ Bucket }))).toMatchObject({ status: 204, text: "" });
  await refused(s3.send(new HeadBucketCommand({ Bucket })), "NotFound", 404);
});

behaviour("DeleteBucket refuses a bucket with objects", DELETE, async () => {
  const Bucket = await freshBucket(s3);
  await s3.send(new PutObjectCommand({ Bucket, Key: "k", Body: "b" }));
  await refused(s3.send(new DeleteBucketCommand({ Bucket })), "BucketNotEmpty", 409, {
    message: "The bucket you tried to delete is not empty",
    BucketName: Bucket,
  });
});

behaviour("DeleteBucket refuses a bucket with versions", DELETE, async () => {
  const Bucket = await freshBucket(s3);
  await s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: "Enabled" } }));
  await s3.send(new PutObjectCommand({ Bucket, Key: "k", Body: "b" }));
  await refused(s3.send(new DeleteBucketCommand({ Bucket })), "BucketNotEmpty", 409, {
    message: "The bucket you tried to delete is not empty. You must delete all versions in the bucket.",
  });
});

behaviour("DeleteBucket of a missing bucket fails", DELETE, () =>
  refused(s3.send(new DeleteBucketCommand({ Bucket: "not-there" })), "NoSuchBucket", 404, {
    message: "The specified bucket does not exist",
    BucketName: "not-there",
  }),
);

// ListBuckets

const listingClient = (account: string) => s3Client(cloud, { account });

behaviour("ListBuckets of an account without buckets is empty", LIST, async () => {
  const { text } = await listingClient("222222222222").raw(new ListBucketsCommand({}));
  expect(text).toContain('<ListAllMyBucketsResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">');
  expect(elementsOf(text).sort()).toEqual(["Buckets", "Owner"]);
  expect(elementIn(text, "ID")).toMatch(/^[0-9a-f]{64}$/);
});

behaviour("ListBuckets sorts by name, and returns Regions only in paginated requests", LIST, async () => {
  const client = listingClient("333333333333");
  for (const Bucket of ["three-b", "three-a", "three-c"]) await create({ Bucket }, client);
  const { Buckets } = await client.send(new ListBucketsCommand({}));
  expect(Buckets!.map(({ Name }) => Name)).toEqual(["three-a", "three-b", "three-c"]);
  expect(Buckets![0]!.BucketRegion).toBeUndefined();
  expect(Buckets![0]!.CreationDate).toBeInstanceOf(Date);
});

behaviour("ListBuckets pages", LIST, async () => {
  const client = listingClient("444444444444");
  for (const Bucket of ["four-a", "four-b", "four-c"]) await create({ Bucket }, client);
  const first = await client.send(new ListBucketsCommand({ MaxBuckets: 2 }));
  expect(first.Buckets!.map(({ Name, BucketRegion }) => [Name, BucketRegion])).toEqual([
    ["four-a", "us-east-1"],
    ["four-b", "us-east-1"],
  ]);
  const { ContinuationToken } = first;
  const last = await client.send(
    new ListBucketsCommand({ MaxBuckets: 2, ContinuationToken: ContinuationToken! }),
  );
  expect(last.Buckets!.map(({ Name }) => Name)).toEqual(["four-c"]);
  expect(last.ContinuationToken).toBeUndefined();
});

behaviour("ListBuckets filters by prefix and Region", LIST, async () => {
  const client = listingClient("555555555555");
  await create({ Bucket: "five-a" }, client);
  await create({ Bucket: "five-b", CreateBucketConfiguration: { LocationConstraint: "eu-west-1" } }, client);
  await create({ Bucket: "six" }, client);
  const names = async (input: object) =>
    (await client.send(new ListBucketsCommand(input))).Buckets!.map(({ Name }) => Name);
  expect(await names({ Prefix: "five" })).toEqual(["five-a", "five-b"]);
  expect(await names({ BucketRegion: "us-east-1" })).toEqual(["five-a", "six"]);
  expect((await client.send(new ListBucketsCommand({ Prefix: "five" }))).Prefix).toBe("five");
});

behaviour("max-buckets must be between 1 and 10000", LIST, async () => {
  for (const MaxBuckets of [0, 10_001])
    await refused(s3.send(new ListBucketsCommand({ MaxBuckets })), "InvalidArgument", 400, {
      ArgumentName: "max-buckets",
    });
});

// ExpectedBucketOwner

behaviour("a request with another ExpectedBucketOwner is denied", OWNER, async () => {
  const Bucket = await freshBucket(s3);
  await refused(
    s3.send(new GetBucketLocationCommand({ Bucket, ExpectedBucketOwner: "111111111111" })),
    "AccessDenied",
    403,
  );
  await s3.send(new GetBucketLocationCommand({ Bucket, ExpectedBucketOwner: "000000000000" }));
});

// Versioning

behaviour(
  "GetBucketVersioning has no status until versioning is set",
  doc("AmazonS3/latest/API/API_GetBucketVersioning.html"),
  async () => {
    const Bucket = await freshBucket(s3);
    const { text } = await s3.raw(new GetBucketVersioningCommand({ Bucket }));
    expect(text).toMatch(/<VersioningConfiguration xmlns="[^"]+"(\/>|><\/VersioningConfiguration>)$/);
  },
);

behaviour("PutBucketVersioning without a status is refused", VERSIONING, async () => {
  const Bucket = await freshBucket(s3);
  await refused(
    s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: {} })),
    "IllegalVersioningConfigurationException",
    400,
    { message: "The Versioning element must be specified" },
  );
});

behaviour("the status of versioning is either Enabled or Suspended", VERSIONING, async () => {
  const Bucket = await freshBucket(s3);
  const Status = "Disabled" as "Enabled";
  await refused(
    s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status } })),
    "MalformedXML",
    400,
  );
});

// Error documents

behaviour("an error document has code, message, elements of the error and request IDs", ERRORS, async () => {
  const { status, headers, text } = await s3.raw(new GetBucketLocationCommand({ Bucket: "not-there" }));
  expect(status).toBe(404);
  expect(headers["content-type"]).toBe("application/xml");
  expect(text).toMatch(/^<\?xml version="1.0" encoding="UTF-8"\?>\n<Error>/);
  expect(elementsOf(text)).toEqual(["Code", "Message", "BucketName", "RequestId", "HostId"]);
  expect(headers["x-amz-request-id"]).toBe(elementIn(text, "RequestId"));
  expect(headers["x-amz-id-2"]).toBe(elementIn(text, "HostId"));
});
