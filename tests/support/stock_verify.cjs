// Verifies bundles with the stock npm client: cases as JSON on standard input, one verdict each on standard output.
require('node:net').Socket.prototype.connect = () => {
  throw new Error('the network is cut');
};
const { bundleFromJSON } = require('@sigstore/bundle');
const { TrustedRoot } = require('@sigstore/protobuf-specs');
const { Verifier, toSignedEntity, toTrustMaterial } = require('@sigstore/verify');

function verdict({ bundle, trust, identity, issuer }) {
  try {
    const verifier = new Verifier(toTrustMaterial(TrustedRoot.fromJSON(trust.trustedRoot)));
    const policy = { subjectAlternativeName: identity, extensions: { issuer } };
    verifier.verify(toSignedEntity(bundleFromJSON(JSON.parse(bundle))), policy);
    return null;
  } catch (error) {
    return `${error.code ?? error.name}: ${error.message}`.split('\n')[0];
  }
}

const cases = JSON.parse(require('node:fs').readFileSync(0, 'utf8'));
process.stdout.write(JSON.stringify(cases.map(verdict)));
