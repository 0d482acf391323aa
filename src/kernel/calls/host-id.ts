/**
 * The id of the host that answered, as S3 returns it in `x-amz-id-2` and in its events. There is only one
 * host.
 */
export const HOST_ID = Buffer.from("nube".repeat(12)).toString("base64");
