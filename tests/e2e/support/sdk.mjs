// Builds sdk/js if its sources are newer than what was built: sdk.mjs PATH_OF_NPM
// The state decoder of these tests is the client's.
import { ensureBuilt } from '../../../sdk/js/built.mjs';

ensureBuilt(process.argv[2]);
