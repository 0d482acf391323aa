import {
  CreateBucketCommand,
  DeletePublicAccessBlockCommand,
  PutBucketCorsCommand,
  PutBucketPolicyCommand,
  PutBucketWebsiteCommand,
  PutObjectCommand,
  type PutObjectCommandInput,
  type RoutingRule,
  S3Client,
  type WebsiteConfiguration,
} from "@aws-sdk/client-s3";
import { beforeAll, expect } from "vitest";
import { behaviour, conformanceCloud, doc } from "../cloud.ts";
import { exchange, type WireCall } from "../wire.ts";

const cloud = conformanceCloud();
let s3: S3Client;
beforeAll(async () => {
  s3 = new S3Client({ ...cloud.client(), forcePathStyle: true });
  await s3.send(new CreateBucketCommand({ Bucket: "private" }));
  await s3.send(new PutObjectCommand({ Bucket: "private", Key: "index.html", Body: "secret" }));
  await publicBucket("site");
  await publicBucket("unconfigured");
  await put("index.html", "<h1>home</h1>", { ContentType: "text/html" });
  await put("page.html", "page", { ContentType: "text/html", CacheControl: "max-age=60" });
  await put("photos/index.html", "photos");
  await put("error.html", "sorry", { ContentType: "text/html" });
});

async function publicBucket(Bucket: string, actions = ["s3:GetObject"], client = s3) {
  await client.send(new CreateBucketCommand({ Bucket }));
  await client.send(new DeletePublicAccessBlockCommand({ Bucket }));
  const statements = [
    { Effect: "Allow", Principal: "*", Action: actions, Resource: `arn:aws:s3:::${Bucket}/*` },
    { Effect: "Allow", Principal: "*", Action: "s3:ListBucket", Resource: `arn:aws:s3:::${Bucket}` },
  ];
  const Policy = JSON.stringify({ Version: "2012-10-17", Statement: statements });
  await client.send(new PutBucketPolicyCommand({ Bucket, Policy }));
}

const put = (Key: string, Body: string, more: Partial<PutObjectCommandInput> = {}, Bucket = "site") =>
  s3.send(new PutObjectCommand({ Bucket, Key, Body, ...more }));

const configure = (WebsiteConfiguration: WebsiteConfiguration, Bucket = "site") =>
  s3.send(new PutBucketWebsiteCommand({ Bucket, WebsiteConfiguration }));

const INDEX = { IndexDocument: { Suffix: "index.html" } };

/** Sends a browser's request to a website of this cloud. */
const visit = (path: string, { site = "site", host, ...call }: Visit = {}) =>
  exchange(`${cloud.endpoint}${path}`, {
    ...call,
    headers: { host: host ?? hostOf(site), ...call.headers },
  });
type Visit = WireCall & { site?: string; host?: string };
const hostOf = (site: string) => `${site}.s3-website.localhost:${new URL(cloud.endpoint).port}`;

const INDEXES = doc("AmazonS3/latest/userguide/IndexDocumentSupport.html");
const ERRORS = doc("AmazonS3/latest/userguide/CustomErrorDocSupport.html");
const REDIRECTS = doc("AmazonS3/latest/userguide/how-to-page-redirect.html");
const ENDPOINTS = doc("AmazonS3/latest/userguide/WebsiteEndpoints.html");
const ACCESS = doc("AmazonS3/latest/userguide/WebsiteAccessPermissionsReqd.html");

// Index documents

behaviour("the root of a website returns its index document", INDEXES, async () => {
  await configure(INDEX);
  const { status, text, headers } = await visit("/");
  expect([status, text, headers["content-type"]]).toEqual([200, "<h1>home</h1>", "text/html"]);
  expect(headers).toHaveProperty("x-amz-request-id");
});

behaviour("a folder with a slash returns its index document", INDEXES, async () => {
  await configure(INDEX);
  expect((await visit("/photos/")).text).toBe("photos");
});

behaviour("a folder without a slash redirects to the one with it", INDEXES, async () => {
  await configure(INDEX);
  const { status, headers, text } = await visit("/photos");
  expect([status, headers.location, text]).toEqual([302, "/photos/", ""]);
});

behaviour("an object takes precedence over a folder of the same name", INDEXES, async () => {
  await configure(INDEX);
  await put("both", "object");
  await put("both/index.html", "folder");
  expect((await visit("/both")).text).toBe("object");
  expect((await visit("/both/")).text).toBe("folder");
});

behaviour("the index document has the configured name", INDEXES, async () => {
  await configure({ IndexDocument: { Suffix: "page.html" } });
  expect((await visit("/")).text).toBe("page");
});

behaviour("an object is returned with its stored headers", ENDPOINTS, async () => {
  await configure(INDEX);
  const { headers } = await visit("/page.html");
  expect(headers).toMatchObject({
    "content-type": "text/html",
    "cache-control": "max-age=60",
    "content-length": "4",
    etag: '"71860c77c6745379b0d44304d66b6a13"',
  });
});

behaviour("the path is decoded to a key", ENDPOINTS, async () => {
  await configure(INDEX);
  await put("a b/ü+.txt", "odd");
  expect((await visit("/a%20b/%C3%BC+.txt")).text).toBe("odd");
});

// Hosts

for (const host of [
  "site.s3-website.localhost",
  "site.s3-website-us-east-1.localhost",
  "site.s3-website.us-east-1.localhost",
  "site.s3-website-us-east-1.amazonaws.com",
  "site.s3-website.us-east-1.amazonaws.com",
]) {
  behaviour(`a website is served at ${host}`, ENDPOINTS, async () => {
    await configure(INDEX);
    expect((await visit("/", { host })).text).toBe("<h1>home</h1>");
  });
}

behaviour("a bucket may have dots in its name", ENDPOINTS, async () => {
  await publicBucket("www.example.com");
  await configure(INDEX, "www.example.com");
  await put("index.html", "dots", {}, "www.example.com");
  expect((await visit("/", { host: "www.example.com.s3-website-us-east-1.amazonaws.com" })).text).toBe(
    "dots",
  );
});

behaviour("the website endpoint without a bucket redirects to the product page of S3", ERRORS, async () => {
  const { status, headers } = await visit("/", { host: "s3-website.us-east-1.amazonaws.com" });
  expect([status, headers.location]).toEqual([301, "https://aws.amazon.com/s3/"]);
});

behaviour("a website of another Region answers 400", ERRORS, async () => {
  await configure(INDEX);
  const { status, text } = await visit("/", { host: "site.s3-website.eu-west-1.amazonaws.com" });
  expect(status).toBe(400);
  expect(text).toContain("<li>Code: IncorrectEndpoint</li>");
  expect(text).toContain("<li>Endpoint: site.s3-website-us-east-1.amazonaws.com</li>");
});

// Methods, conditions and ranges

behaviour("HEAD returns the headers of GET without a body", ENDPOINTS, async () => {
  await configure(INDEX);
  const { status, headers, text } = await visit("/page.html", { method: "HEAD" });
  expect([status, headers["content-length"], text]).toEqual([200, "4", ""]);
});

for (const method of ["PUT", "POST", "DELETE", "PATCH"]) {
  behaviour(`${method} is refused with 405`, ENDPOINTS, async () => {
    await configure(INDEX);
    const { status, text } = await visit("/page.html", { method });
    expect(status).toBe(405);
    expect(text).toContain("<li>Code: MethodNotAllowed</li>");
    expect(text).toContain(`<li>Method: ${method}</li>\n<li>ResourceType: OBJECT</li>`);
  });
}

behaviour("a conditional GET of an unchanged object answers 304", ERRORS, async () => {
  await configure({ ...INDEX, ErrorDocument: { Key: "error.html" } });
  const { headers } = await visit("/page.html");
  const again = await visit("/page.html", { headers: { "if-none-match": headers.etag! } });
  expect([again.status, again.text]).toEqual([304, ""]);
  const since = await visit("/page.html", { headers: { "if-modified-since": headers["last-modified"]! } });
  expect(since.status).toBe(304);
});

behaviour("a range answers 206", ENDPOINTS, async () => {
  await configure(INDEX);
  const { status, text, headers } = await visit("/page.html", { headers: { range: "bytes=1-2" } });
  expect([status, text, headers["content-range"]]).toEqual([206, "ag", "bytes 1-2/4"]);
});

behaviour("If-Range applies to websites", ENDPOINTS, async () => {
  await configure(INDEX);
  const { etag, "last-modified": modified } = (await visit("/page.html")).headers;
  const getRange = async (known: string) => {
    const { status, text } = await visit("/page.html", {
      headers: { range: "bytes=1-2", "if-range": known },
    });
    return [status, text];
  };
  for (const known of [etag!, modified!]) expect(await getRange(known)).toEqual([206, "ag"]);
  for (const known of ['"other"', "Sat, 01 Jan 2000 00:00:00 GMT"])
    expect(await getRange(known)).toEqual([200, "page"]);
});

behaviour("responses have the CORS headers of the bucket's rules", ENDPOINTS, async () => {
  await configure(INDEX);
  const rule = { AllowedMethods: ["GET"], AllowedOrigins: ["https://app.example.com"] };
  const before = await visit("/", { headers: { origin: "https://app.example.com" } });
  expect(before.status).toBe(200);
  expect(before.headers).not.toHaveProperty("access-control-allow-origin");
  await s3.send(new PutBucketCorsCommand({ Bucket: "site", CORSConfiguration: { CORSRules: [rule] } }));
  const { headers } = await visit("/", { headers: { origin: "https://app.example.com" } });
  expect(headers["access-control-allow-origin"]).toBe("https://app.example.com");
});

// Errors

behaviour("the default error page describes the error", ERRORS, async () => {
  await configure(INDEX);
  const { status, text, headers } = await visit("/missing.html");
  expect(status).toBe(404);
  expect(headers["content-type"]).toBe("text/html; charset=utf-8");
  expect(headers).toMatchObject({
    "x-amz-error-code": "NoSuchKey",
    "x-amz-error-message": "The specified key does not exist.",
    "x-amz-error-detail-key": "missing.html",
  });
  const ids = `<li>RequestId: ${headers["x-amz-request-id"]}</li>\n<li>HostId: ${headers["x-amz-id-2"]}</li>`;
  expect(text).toBe(
    `<html>\n<head><title>404 Not Found</title></head>\n<body>\n<h1>404 Not Found</h1>\n<ul>\n<li>Code: NoSuchKey</li>\n<li>Message: The specified key does not exist.</li>\n<li>Key: missing.html</li>\n${ids}\n</ul>\n<hr/>\n</body>\n</html>\n`,
  );
});

behaviour("a missing index document answers 404", ERRORS, async () => {
  await configure({ IndexDocument: { Suffix: "none.html" } });
  const { status, text } = await visit("/photos/");
  expect(status).toBe(404);
  expect(text).toContain("<li>Key: photos/none.html</li>");
});

behaviour("a key with markup is escaped in the error page", ERRORS, async () => {
  await configure(INDEX);
  const { text } = await visit("/%3Cscript%3E");
  expect(text).toContain("<li>Key: &lt;script&gt;</li>");
});

behaviour("a missing bucket answers 404", ERRORS, async () => {
  const { status, text } = await visit("/", { site: "no-such-site" });
  expect(status).toBe(404);
  expect(text).toContain("<li>Code: NoSuchBucket</li>");
  expect(text).toContain("<li>BucketName: no-such-site</li>");
});

behaviour("a bucket without a website answers 404", ERRORS, async () => {
  const { status, text } = await visit("/", { site: "unconfigured" });
  expect(status).toBe(404);
  expect(text).toContain("<li>Code: NoSuchWebsiteConfiguration</li>");
});

behaviour("an object that is not public answers 403", ACCESS, async () => {
  await configure(INDEX, "private");
  const { status, text } = await visit("/", { site: "private" });
  expect(status).toBe(403);
  expect(text).toContain("<li>Code: AccessDenied</li>");
  expect(text).not.toContain("secret");
});

behaviour("a website ignores signatures", ACCESS, async () => {
  await configure(INDEX, "private");
  const authorization =
    "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=00";
  expect((await visit("/", { site: "private", headers: { authorization } })).status).toBe(403);
});

behaviour("the configured error document is returned with the status of the error", ERRORS, async () => {
  await configure({ ...INDEX, ErrorDocument: { Key: "error.html" } });
  const { status, text, headers } = await visit("/missing.html");
  expect([status, text, headers["content-type"]]).toEqual([404, "sorry", "text/html"]);
  expect(headers["x-amz-error-code"]).toBe("NoSuchKey");
  const head = await visit("/missing.html", { method: "HEAD" });
  expect([head.status, head.text]).toEqual([404, ""]);
});

behaviour(
  "an error document that redirects does so, with its body",
  "https://github.com/scality/cloudserver/pull/5518",
  async () => {
    await configure({ ...INDEX, ErrorDocument: { Key: "leads.html" } });
    await put("leads.html", "over there", { WebsiteRedirectLocation: "https://example.com/" });
    const { status, text, headers } = await visit("/missing.html");
    expect([status, headers.location, text]).toEqual([301, "https://example.com/", "over there"]);
    expect(headers["x-amz-error-code"]).toBe("NoSuchKey");
  },
);

behaviour("a missing error document is reported with the error", ERRORS, async () => {
  await configure({ ...INDEX, ErrorDocument: { Key: "none.html" } });
  const { status, text } = await visit("/missing.html");
  expect(status).toBe(404);
  expect(text).toContain(
    "<h3>An Error Occurred While Attempting to Retrieve a Custom Error Document</h3>\n<ul>\n<li>Code: NoSuchKey</li>\n<li>Message: The specified key does not exist.</li>\n<li>Key: none.html</li>\n</ul>\n<hr/>",
  );
});

// Redirections

const rules = (...RoutingRules: RoutingRule[]) => ({ ...INDEX, RoutingRules });

const redirected = async (path: string, call: Visit = {}) => {
  const { status, headers, text } = await visit(path, call);
  expect(text).toBe("");
  return [status, headers.location];
};

behaviour("all requests are redirected to another host, with path and query", REDIRECTS, async () => {
  await configure({ RedirectAllRequestsTo: { HostName: "example.com", Protocol: "https" } });
  expect(await redirected("/a%20b/c?d=e")).toEqual([301, "https://example.com/a%20b/c?d=e"]);
  await configure({ RedirectAllRequestsTo: { HostName: "example.com" } });
  expect(await redirected("/")).toEqual([301, "http://example.com/"]);
});

behaviour("an object may redirect to another page", REDIRECTS, async () => {
  await configure(INDEX);
  await put("old", "bytes", { WebsiteRedirectLocation: "/page.html" });
  await put("away", "some bytes", { WebsiteRedirectLocation: "https://example.com/" });
  expect(await redirected("/old")).toEqual([301, "/page.html"]);
  expect(await redirected("/away")).toEqual([301, "https://example.com/"]);
});

behaviour("a folder's index document may redirect", REDIRECTS, async () => {
  await configure(INDEX);
  await put("moved/index.html", "bytes", { WebsiteRedirectLocation: "/photos/" });
  expect(await redirected("/moved/")).toEqual([301, "/photos/"]);
});

const own = (path: string) => `http://${hostOf("site")}${path}`;

behaviour("a rule replaces a key prefix", REDIRECTS, async () => {
  await configure(
    rules({ Condition: { KeyPrefixEquals: "docs/" }, Redirect: { ReplaceKeyPrefixWith: "documents/" } }),
  );
  expect(await redirected("/docs/a%20b")).toEqual([301, own("/documents/a%20b")]);
  expect((await visit("/page.html")).status).toBe(200);
});

behaviour("a rule may remove a key prefix", REDIRECTS, async () => {
  await configure(rules({ Condition: { KeyPrefixEquals: "docs/" }, Redirect: { ReplaceKeyPrefixWith: "" } }));
  expect(await redirected("/docs/a")).toEqual([301, own("/a")]);
});

behaviour("a rule redirects a folder to one page", REDIRECTS, async () => {
  await configure(
    rules({ Condition: { KeyPrefixEquals: "images/" }, Redirect: { ReplaceKeyWith: "folderdeleted.html" } }),
  );
  expect(await redirected("/images/1.png")).toEqual([301, own("/folderdeleted.html")]);
});

behaviour("a rule redirects an error to another host", REDIRECTS, async () => {
  await configure(
    rules({
      Condition: { HttpErrorCodeReturnedEquals: "404" },
      Redirect: { HostName: "ec2.example.com", ReplaceKeyPrefixWith: "report-404/" },
    }),
  );
  expect(await redirected("/missing")).toEqual([301, "http://ec2.example.com/report-404/missing"]);
  expect((await visit("/page.html")).text).toBe("page");
});

behaviour("a rule may require both a prefix and an error", REDIRECTS, async () => {
  await configure(
    rules({
      Condition: { KeyPrefixEquals: "img/", HttpErrorCodeReturnedEquals: "404" },
      Redirect: { ReplaceKeyWith: "none.png", HttpRedirectCode: "307" },
    }),
  );
  await put("img/there.png", "there");
  expect(await redirected("/img/missing.png")).toEqual([307, own("/none.png")]);
  expect((await visit("/img/there.png")).text).toBe("there");
  expect((await visit("/missing.png")).status).toBe(404);
});

behaviour("a rule may set protocol, host and status", REDIRECTS, async () => {
  await configure(
    rules({ Redirect: { Protocol: "https", HostName: "example.com", HttpRedirectCode: "302" } }),
  );
  expect(await redirected("/a/b")).toEqual([302, "https://example.com/a/b"]);
});

behaviour("the first matching rule applies", REDIRECTS, async () => {
  await configure(
    rules(
      { Condition: { KeyPrefixEquals: "a/" }, Redirect: { ReplaceKeyWith: "first" } },
      { Condition: { KeyPrefixEquals: "a/b/" }, Redirect: { ReplaceKeyWith: "second" } },
    ),
  );
  expect(await redirected("/a/b/c")).toEqual([301, own("/first")]);
});

behaviour("a replacement may begin with a query", REDIRECTS, async () => {
  await configure(
    rules({ Condition: { KeyPrefixEquals: "r/" }, Redirect: { ReplaceKeyPrefixWith: "resize?key=" } }),
  );
  expect(await redirected("/r/a.png")).toEqual([301, own("/resize?key=a.png")]);
});

behaviour("a rule for an error takes precedence over the error document", REDIRECTS, async () => {
  await configure({
    ...rules({
      Condition: { HttpErrorCodeReturnedEquals: "404" },
      Redirect: { ReplaceKeyWith: "index.html" },
    }),
    ErrorDocument: { Key: "error.html" },
  });
  expect(await redirected("/missing")).toEqual([301, own("/index.html")]);
});

behaviour("a path cannot inject a header into a redirection", REDIRECTS, async () => {
  await configure(rules({ Redirect: { HostName: "example.com" } }));
  expect(await redirected("/a%0d%0aSet-Cookie:b")).toEqual([301, "http://example.com/a%0D%0ASet-Cookie%3Ab"]);
});
