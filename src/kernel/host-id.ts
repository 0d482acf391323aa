/** The host that answered, as S3 names it in `x-amz-id-2` and in its events: there is one. */
export const HOST_ID = Buffer.from("nube".repeat(12)).toString("base64");
