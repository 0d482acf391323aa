import type { Override } from "../override.ts";

export default {
  // Users quote errors with [HEAD, POST, PATCH, DELETE, PUT, GET, OPTIONS] for the method of CreateApiDestination, and
  // [BASIC, OAUTH_CLIENT_CREDENTIALS, API_KEY] for the type of CreateConnection.
  enumsHashed: true,
} satisfies Override;
