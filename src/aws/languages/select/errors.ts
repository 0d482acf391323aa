import { AwsError } from "#aws/errors.ts";

/**
 * S3 Select's error codes for queries that are invalid or cannot continue, with their messages.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html#SelectObjectContentErrorCodeList
 */
const SENTENCES = {
  AmbiguousFieldName:
    "Some field names matched to multiple fields in the file. Please check the SQL expression and the file, and try again.",
  ColumnTooLong: "The length of a column in the result is greater than maxCharsPerColumn of 1 MB.",
  EvaluatorInvalidArguments: "Incorrect number of arguments in the function call in the SQL expression.",
  EvaluatorInvalidTimestampFormatPattern: "Invalid time stamp format string in the SQL expression.",
  EvaluatorNegativeLimit: "A negative limit was specified.",
  ExpressionTooLong:
    "The SQL expression is too long: The maximum byte-length for the SQL expression is 256 KB.",
  IllegalSqlFunctionArgument: "Illegal argument was used in the SQL function.",
  IncorrectSqlFunctionArgumentType: "Incorrect type of arguments in function call in the SQL expression.",
  IntegerOverflow: "Int overflow or underflow in the SQL expression.",
  InvalidTableAlias: "The SQL expression contains an invalid table alias.",
  LikeInvalidInputs: "Invalid argument given to the LIKE clause in the SQL expression.",
  MissingHeaders: "Some headers in the query are missing from the file. Please check the file and try again.",
  MultipleDataSourcesUnsupported: "Multiple data sources are not supported.",
  ParseAsteriskIsNotAloneInSelectList:
    "Other expressions are not allowed in the SELECT list when '*' is used without dot notation in the SQL expression.",
  ParseCastArity: "The SQL expression CAST has incorrect arity.",
  ParseEmptySelect: "The SQL expression contains an empty SELECT.",
  ParseExpectedArgumentDelimiter: "Did not find the expected argument delimiter in the SQL expression.",
  ParseExpectedDatePart: "Did not find the expected date part in the SQL expression.",
  ParseExpectedExpression: "Did not find the expected SQL expression.",
  ParseExpectedIdentForAlias: "Did not find the expected identifier for the alias in the SQL expression.",
  ParseExpectedKeyword: "Did not find the expected keyword in the SQL expression.",
  ParseExpectedLeftParenAfterCast: "Did not find expected left parenthesis after CAST in the SQL expression.",
  ParseExpectedLeftParenBuiltinFunctionCall:
    "Did not find the expected left parenthesis in the SQL expression.",
  ParseExpectedMember: "The SQL expression contains an unsupported use of MEMBER.",
  ParseExpectedNumber: "Did not find the expected number in the SQL expression.",
  ParseExpectedRightParenBuiltinFunctionCall:
    "Did not find the expected right parenthesis character in the SQL expression.",
  ParseExpectedTokenType: "Did not find the expected token in the SQL expression.",
  ParseExpectedTypeName: "Did not find the expected type name in the SQL expression.",
  ParseExpectedWhenClause:
    "Did not find the expected WHEN clause in the SQL expression. CASE is not supported.",
  ParseInvalidPathComponent: "The SQL expression contains an invalid path component.",
  ParseInvalidTypeParam: "The SQL expression contains an invalid parameter value.",
  ParseSelectMissingFrom: "The SQL expression contains a missing FROM after SELECT list.",
  ParseUnsupportedCallWithStar: "Only COUNT with (*) as a parameter is supported in the SQL expression.",
  ParseUnsupportedSelect: "The SQL expression contains an unsupported use of SELECT.",
  ParseUnsupportedSyntax: "The SQL expression contains unsupported syntax.",
  UnsupportedFunction: "Encountered an unsupported SQL function.",
  UnsupportedSqlOperation: "Encountered an unsupported SQL operation.",
  UnsupportedSqlStructure: "Encountered an unsupported SQL structure. Check the SQL Reference.",
  ValueParseFailure: "Time stamp parse failure in the SQL expression.",
} as const;

export type SelectErrorCode = keyof typeof SENTENCES;

export const failure = (code: SelectErrorCode): AwsError => new AwsError(code, SENTENCES[code]);

/** A position in an expression, counted from 1. */
export interface Place {
  line: number;
  column: number;
}

const at = ({ line, column }: Place) => `at line ${line}, column ${column}.`;

export const invalidCharacter = (place: Place): AwsError =>
  new AwsError("LexerInvalidChar", `Invalid character ${at(place)}`);

/** S3 prints the kind of the token rather than the token. */
export const unexpectedToken = (kind: string, place: Place): AwsError =>
  new AwsError("ParseUnexpectedToken", `Unexpected token found ${kind}:UNKNOWN ${at(place)}`);

export const invalidColumnIndex = (place: Place): AwsError =>
  new AwsError(
    "InvalidColumnIndex",
    `The column index ${at(place).slice(0, -1)} is invalid. Please check the service documentation and try again.`,
  );

export const invalidDataSource = (place: Place): AwsError =>
  new AwsError(
    "InvalidDataSource",
    `Invalid data source type ${at(place).slice(0, -1)}. Only S3Object is supported as a data source.`,
  );

export const castFailed = (): AwsError =>
  new AwsError(
    "CastFailed",
    "Attempt to convert from one data type to another using CAST failed in the SQL expression.",
  );
