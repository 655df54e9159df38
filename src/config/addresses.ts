/** The two published address pairs of PISTE, and the portals. The PIGP leads to production only. */
export const CHORUS_ADDRESSES = {
  sandbox: {
    tokenUrl: 'https://sandbox-oauth.piste.gouv.fr/api/oauth/token',
    apiUrl: 'https://sandbox-api.piste.gouv.fr',
    portalUrl: 'https://qualif.chorus-pro.gouv.fr/aife_qual',
    pigpUrl: undefined,
  },
  production: {
    tokenUrl: 'https://oauth.piste.gouv.fr/api/oauth/token',
    apiUrl: 'https://api.piste.gouv.fr',
    portalUrl: 'https://portail.chorus-pro.gouv.fr',
    pigpUrl: 'https://portail.dgfip.finances.gouv.fr',
  },
} as const;
