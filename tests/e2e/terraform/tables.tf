terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

provider "aws" {
  region                      = "us-east-1"
  skip_metadata_api_check     = true
  skip_credentials_validation = true
}

resource "aws_dynamodb_table" "music" {
  name           = "terraform-music"
  billing_mode   = "PROVISIONED"
  read_capacity  = 5
  write_capacity = 5
  hash_key       = "Artist"
  range_key      = "SongTitle"
  table_class    = "STANDARD"

  attribute {
    name = "Artist"
    type = "S"
  }
  attribute {
    name = "SongTitle"
    type = "S"
  }
  attribute {
    name = "Genre"
    type = "S"
  }
  attribute {
    name = "Year"
    type = "N"
  }

  local_secondary_index {
    name            = "by-year"
    range_key       = "Year"
    projection_type = "KEYS_ONLY"
  }
  global_secondary_index {
    name               = "by-genre"
    hash_key           = "Genre"
    range_key          = "Year"
    read_capacity      = 3
    write_capacity     = 3
    projection_type    = "INCLUDE"
    non_key_attributes = ["Length", "Cover"]
  }

  ttl {
    attribute_name = "Expires"
    enabled        = true
  }
  point_in_time_recovery {
    enabled = true
  }
  tags = { team = "music" }

  lifecycle {
    ignore_changes = [read_capacity]
  }
}

resource "aws_dynamodb_table" "events" {
  name                        = "terraform-events"
  billing_mode                = "PAY_PER_REQUEST"
  hash_key                    = "Id"
  stream_enabled              = true
  stream_view_type            = "NEW_AND_OLD_IMAGES"
  deletion_protection_enabled = false

  attribute {
    name = "Id"
    type = "B"
  }
  on_demand_throughput {
    max_read_request_units  = 100
    max_write_request_units = 50
  }
}

resource "aws_dynamodb_table_item" "song" {
  table_name = aws_dynamodb_table.music.name
  hash_key   = aws_dynamodb_table.music.hash_key
  range_key  = aws_dynamodb_table.music.range_key
  item = jsonencode({
    Artist    = { S = "Acme Band" }
    SongTitle = { S = "Happy Day" }
    Year      = { N = "2015" }
    Labels    = { SS = ["a", "b"] }
  })
}

resource "aws_dynamodb_resource_policy" "music" {
  resource_arn = aws_dynamodb_table.music.arn
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { AWS = "arn:aws:iam::111122223333:root" }
      Action    = "dynamodb:GetItem"
      Resource  = aws_dynamodb_table.music.arn
    }]
  })
}

resource "aws_dynamodb_contributor_insights" "music" {
  table_name = aws_dynamodb_table.music.name
}

resource "aws_kinesis_stream" "changes" {
  name        = "terraform-changes"
  shard_count = 1
}

resource "aws_dynamodb_kinesis_streaming_destination" "music" {
  table_name = aws_dynamodb_table.music.name
  stream_arn = aws_kinesis_stream.changes.arn
}

resource "aws_appautoscaling_target" "reads" {
  service_namespace  = "dynamodb"
  resource_id        = "table/${aws_dynamodb_table.music.name}"
  scalable_dimension = "dynamodb:table:ReadCapacityUnits"
  min_capacity       = 5
  max_capacity       = 50
}

resource "aws_appautoscaling_policy" "reads" {
  name               = "reads"
  policy_type        = "TargetTrackingScaling"
  service_namespace  = aws_appautoscaling_target.reads.service_namespace
  resource_id        = aws_appautoscaling_target.reads.resource_id
  scalable_dimension = aws_appautoscaling_target.reads.scalable_dimension

  target_tracking_scaling_policy_configuration {
    target_value = 70
    predefined_metric_specification {
      predefined_metric_type = "DynamoDBReadCapacityUtilization"
    }
  }
}

resource "aws_appautoscaling_scheduled_action" "nights" {
  name               = "nights"
  service_namespace  = aws_appautoscaling_target.reads.service_namespace
  resource_id        = aws_appautoscaling_target.reads.resource_id
  scalable_dimension = aws_appautoscaling_target.reads.scalable_dimension
  schedule           = "cron(0 22 * * ? *)"
  timezone           = "Europe/Berlin"

  scalable_target_action {
    min_capacity = 5
    max_capacity = 10
  }
}
