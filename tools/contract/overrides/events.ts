import type { Override } from "../override.ts";

export default {
  // People quote of CreateApiDestination that a method must be of [HEAD, POST, PATCH, DELETE, PUT, GET, OPTIONS], and of
  // CreateConnection that a type must be of [BASIC, OAUTH_CLIENT_CREDENTIALS, API_KEY].
  enumsHashed: true,
} satisfies Override;
