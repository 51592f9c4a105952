#!/usr/bin/env node
// salus
