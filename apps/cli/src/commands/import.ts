// salus import
import { defineCommand } from 'citty';

export const importBundles = defineCommand({
  meta: {
    name: 'salus import',
    description:
      'Store the patients of FHIR R4 bundles. A file is read whole before anything of it is stored; a malformed one is left ' +
      'out and makes the exit code 1. Safe to run again: a patient whose medical record number is known is present, or ' +
      'differs and stays as it is. Signs in with SALUS_EMAIL, SALUS_PASSWORD and SALUS_TOTP_SECRET (or asks for the code)',
  },
  args: {
    bundles: {
      type: 'positional',
      required: false,
      description: 'Files, each with a bundle',
      valueHint: 'file…',
    },
    url: { type: 'string', description: 'Where Salus is' },
    demo: {
      type: 'string',
      description: 'As the demo user of this role (provider by default) of `salus dev`',
      valueHint: 'role',
    },
    purpose: { type: 'string', default: 'TREAT', description: 'Purpose of use (HL7); HOPERAT for an admin' },
    update: { type: 'boolean', description: 'Change what differs to what the file says; removes nothing' },
    json: { type: 'boolean', description: 'Print the report as JSON' },
  },
  async run({ args }) {
    const { purposeOfUseSchema, roleSchema } = await import('@salus/schema');
    const { CommandError, UsageError } = await import('../errors.ts');
    const { importFiles } = await import('../import/import.ts');
    const { isComplete, sentences } = await import('../import/report.ts');
    const { accountOf, signedIn } = await import('../import/sign-in.ts');

    // `--demo file.json` names no role: what follows is a file.
    const demoIsFile =
      args.demo !== undefined && args.demo !== '' && !roleSchema.safeParse(args.demo).success;
    const files = [...(demoIsFile && args.demo ? [args.demo] : []), ...args._];
    if (files.length === 0) throw new UsageError('name at least one file');
    const purpose = purposeOfUseSchema.safeParse(args.purpose);
    if (!purpose.success) throw new UsageError('--purpose is not a purpose of use');
    const demoRole =
      args.demo === undefined ? undefined : demoIsFile || args.demo === '' ? 'provider' : args.demo;
    const account = await accountOf({ url: args.url, demoRole });

    const report = await importFiles({
      files,
      update: args.update === true,
      purpose: purpose.data,
      signIn: () => signedIn(account),
    });
    console.log(args.json ? JSON.stringify(report) : sentences(report));
    if (!isComplete(report)) throw new CommandError('not everything was stored');
  },
});
