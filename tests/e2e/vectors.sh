#!/bin/sh
# The golden vectors, read by Node's own cryptography: a second reader, which shares nothing with ours.
set -eu
cd "$(dirname "$0")/../.."
exec node tests/vectors/read.js
