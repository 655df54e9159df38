/** The two published address pairs of PISTE. */
export const CHORUS_ADDRESSES = {
  sandbox: {
    tokenUrl: 'https://sandbox-oauth.piste.gouv.fr/api/oauth/token',
    apiUrl: 'https://sandbox-api.piste.gouv.fr',
    portalUrl: 'https://qualif.chorus-pro.gouv.fr/aife_qual',
  },
  production: {
    tokenUrl: 'https://oauth.piste.gouv.fr/api/oauth/token',
    apiUrl: 'https://api.piste.gouv.fr',
    portalUrl: 'https://portail.chorus-pro.gouv.fr',
  },
} as const;
