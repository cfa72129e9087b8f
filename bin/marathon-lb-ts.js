#!/usr/bin/env node
import { leave, main } from '../dist/cli/program.js';

leave(await main(process.argv.slice(2)));
