import { CreateBucketCommand, GetObjectCommand, PutObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import { createPresignedPost } from "@aws-sdk/s3-presigned-post";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { beforeAll, expect, test } from "vitest";
import { ALL, onStores } from "../stores.ts";
import { bucketName, s3Client } from "./client.ts";

onStores(ALL, (cloud) => {
  let s3: S3Client;
  const Bucket = bucketName();
  beforeAll(async () => {
    s3 = s3Client(cloud());
    await s3.send(new CreateBucketCommand({ Bucket }));
    await s3.send(new PutObjectCommand({ Bucket, Key: "k", Body: "body" }));
  });

  test("a presigned URL allows reading until it expires", async () => {
    const url = await getSignedUrl(s3, new GetObjectCommand({ Bucket, Key: "k" }), { expiresIn: 60 });
    expect(await (await fetch(url)).text()).toBe("body");
    const signingDate = new Date(Date.now() - 120_000);
    const expired = await getSignedUrl(s3, new GetObjectCommand({ Bucket, Key: "k" }), {
      expiresIn: 60,
      signingDate,
    });
    const refused = await fetch(expired);
    expect(refused.status).toBe(403);
    expect(await refused.text()).toContain("<Message>Request has expired</Message>");
  });

  test("a presigned URL overrides response headers", async () => {
    const command = new GetObjectCommand({ Bucket, Key: "k", ResponseContentType: "text/x-special" });
    const answer = await fetch(await getSignedUrl(s3, command));
    expect(answer.headers.get("content-type")).toBe("text/x-special");
  });

  test("a presigned URL allows writing", async () => {
    const command = new PutObjectCommand({ Bucket, Key: "put", ContentType: "text/plain" });
    const url = await getSignedUrl(s3, command, { signableHeaders: new Set(["content-type"]) });
    const headers = { "content-type": "text/plain" };
    expect((await fetch(url, { method: "PUT", body: "from outside", headers })).status).toBe(200);
    const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key: "put" }));
    expect(await Body!.transformToString()).toBe("from outside");
  });

  test("a POST form allows uploads within its policy", async () => {
    const { url, fields } = await createPresignedPost(s3, {
      Bucket,
      // biome-ignore lint/suspicious/noTemplateCurlyInString: the form puts the name of the file there
      Key: "form/${filename}",
      Conditions: [["content-length-range", 1, 20]],
    });
    const send = (text: string) => {
      const form = new FormData();
      for (const [name, value] of Object.entries(fields)) form.append(name, value);
      form.append("file", new Blob([text]), "hello.txt");
      return fetch(url, { method: "POST", body: form });
    };
    expect((await send("from a form")).status).toBe(204);
    const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key: "form/hello.txt" }));
    expect(await Body!.transformToString()).toBe("from a form");
    const refused = await send("more than twenty bytes of text");
    expect(refused.status).toBe(400);
    expect(await refused.text()).toContain("<Code>EntityTooLarge</Code>");
  });
});
