import {
  CreateBucketCommand,
  DeleteBucketWebsiteCommand,
  GetBucketWebsiteCommand,
  PutBucketWebsiteCommand,
  type RoutingRule,
  S3Client,
  type WebsiteConfiguration,
} from "@aws-sdk/client-s3";
import { beforeAll, expect } from "vitest";
import { behaviour, conformanceCloud, doc } from "../cloud.ts";

const cloud = conformanceCloud();
let s3: S3Client;
beforeAll(async () => {
  s3 = new S3Client({ ...cloud.client(), forcePathStyle: true });
  for (const Bucket of ["site", "plain"]) await s3.send(new CreateBucketCommand({ Bucket }));
});

const PUT = doc("AmazonS3/latest/API/API_PutBucketWebsite.html");

const configure = (WebsiteConfiguration: WebsiteConfiguration, Bucket = "site") =>
  s3.send(new PutBucketWebsiteCommand({ Bucket, WebsiteConfiguration }));

const INDEX = { IndexDocument: { Suffix: "index.html" } };

behaviour("a configuration is returned as it was put", PUT, async () => {
  const website: WebsiteConfiguration = {
    ...INDEX,
    ErrorDocument: { Key: "errors/404.html" },
    RoutingRules: [
      {
        Condition: { KeyPrefixEquals: "docs/", HttpErrorCodeReturnedEquals: "404" },
        Redirect: {
          HostName: "www.example.com",
          HttpRedirectCode: "302",
          Protocol: "https",
          ReplaceKeyPrefixWith: "documents/",
        },
      },
      { Redirect: { ReplaceKeyWith: "x" } },
    ],
  };
  await configure(website);
  expect(await s3.send(new GetBucketWebsiteCommand({ Bucket: "site" }))).toMatchObject(website);
});

behaviour("all requests may be redirected", PUT, async () => {
  const website = { RedirectAllRequestsTo: { HostName: "example.com", Protocol: "https" as const } };
  await configure(website);
  const { RedirectAllRequestsTo, IndexDocument } = await s3.send(
    new GetBucketWebsiteCommand({ Bucket: "site" }),
  );
  expect({ RedirectAllRequestsTo, IndexDocument }).toEqual(website);
});

behaviour(
  "a bucket without a website answers NoSuchWebsiteConfiguration",
  doc("AmazonS3/latest/API/API_GetBucketWebsite.html"),
  async () => {
    await expect(s3.send(new GetBucketWebsiteCommand({ Bucket: "plain" }))).rejects.toMatchObject({
      name: "NoSuchWebsiteConfiguration",
      message: "The specified bucket does not have a website configuration",
      BucketName: "plain",
      $metadata: { httpStatusCode: 404 },
    });
  },
);

behaviour(
  "DeleteBucketWebsite answers 204 and is idempotent",
  doc("AmazonS3/latest/API/API_DeleteBucketWebsite.html"),
  async () => {
    await configure(INDEX);
    for (let times = 0; times < 2; times++) {
      const { $metadata } = await s3.send(new DeleteBucketWebsiteCommand({ Bucket: "site" }));
      expect($metadata.httpStatusCode).toBe(204);
    }
  },
);

const invalidRequest = (message: string) => ({ name: "InvalidRequest", message });
const rules = (...RoutingRules: RoutingRule[]) => ({ ...INDEX, RoutingRules });

for (const [what, website, expected] of [
  [
    "neither an index document nor a redirection",
    {},
    {
      name: "InvalidArgument",
      message: "A value for IndexDocument Suffix must be provided if RedirectAllRequestsTo is empty",
      ArgumentName: "IndexDocument",
    },
  ],
  [
    "an index document with a slash",
    { IndexDocument: { Suffix: "a/index.html" } },
    { name: "InvalidArgument", message: "The IndexDocument Suffix is not well formed" },
  ],
  [
    "an index document without a name",
    { IndexDocument: { Suffix: "" } },
    { name: "InvalidArgument", message: "The IndexDocument Suffix is not well formed" },
  ],
  [
    "a redirection of all requests beside other settings",
    { ...INDEX, RedirectAllRequestsTo: { HostName: "example.com" } },
    {
      name: "InvalidArgument",
      message: "RedirectAllRequestsTo cannot be provided in conjunction with other Routing Rules.",
    },
  ],
  [
    "a protocol other than HTTP",
    { RedirectAllRequestsTo: { HostName: "example.com", Protocol: "ftp" } },
    invalidRequest(
      "Invalid protocol, protocol can be http or https. If not defined the protocol will be selected automatically.",
    ),
  ],
  [
    "a rule that replaces both key and prefix",
    rules({ Redirect: { ReplaceKeyWith: "a", ReplaceKeyPrefixWith: "b" } }),
    invalidRequest("You can only define ReplaceKeyPrefix or ReplaceKey but not both."),
  ],
  ["an empty redirection", rules({ Redirect: {} }), { name: "MalformedXML" }],
  [
    "an empty condition",
    rules({ Condition: {}, Redirect: { HostName: "example.com" } }),
    invalidRequest(
      "Condition cannot be empty. To redirect all requests without a condition, the condition element shouldn't be present.",
    ),
  ],
  [
    "a redirection with status 300",
    rules({ Redirect: { HttpRedirectCode: "300" } }),
    invalidRequest("The provided HTTP redirect code (300) is not valid. Valid codes are 3XX except 300."),
  ],
  [
    "a redirection with status 200",
    rules({ Redirect: { HttpRedirectCode: "200" } }),
    invalidRequest("The provided HTTP redirect code (200) is not valid. Valid codes are 3XX except 300."),
  ],
  [
    "a condition on a status of success",
    rules({ Condition: { HttpErrorCodeReturnedEquals: "200" }, Redirect: { HostName: "example.com" } }),
    invalidRequest("The provided HTTP error code (200) is not valid. Valid codes are 4XX or 5XX."),
  ],
  [
    "a condition on a status that is not a number",
    rules({ Condition: { HttpErrorCodeReturnedEquals: "x" }, Redirect: { HostName: "example.com" } }),
    { name: "MalformedXML" },
  ],
  [
    "an error document without a key",
    { ...INDEX, ErrorDocument: {} as { Key: string } },
    { name: "MalformedXML" },
  ],
  [
    "an error document with an empty key",
    { ...INDEX, ErrorDocument: { Key: "" } },
    { name: "InvalidArgument", message: "The ErrorDocument Key is not well formed" },
  ],
  ["an empty list of rules", rules(), { name: "MalformedXML" }],
  [
    "more than 50 rules",
    rules(...Array.from({ length: 51 }, () => ({ Redirect: { HostName: "example.com" } }))),
    invalidRequest(
      "51 routing rules provided, the number of routing rules in a website configuration is limited to 50.",
    ),
  ],
] as [string, WebsiteConfiguration, object][]) {
  behaviour(`${what} is refused`, PUT, async () => {
    await expect(configure(website)).rejects.toMatchObject(expected);
  });
}
