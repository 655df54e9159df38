/** Somebody that the client page can be. */
export interface Person {
  /** Names the person in the page's address. */
  readonly key: string;
  readonly name: string;
  readonly role: string;
  /** The person's id in the directory: the one that stands in `teams:<tenant>:<user>`. */
  readonly aadObjectId: string;
}

/** The directory in which the four people are. */
export const tenantId = '5d2a1c0e-7b34-4c1f-9e66-0c8a4f1b2d30';

/** The four people that the demo brings. */
export const people: readonly Person[] = [
  {
    key: 'claire',
    name: 'Claire Martin',
    role: 'Gestionnaire principale',
    aadObjectId: '1f0c6a52-3d0e-4a3b-8c55-6a1d0b7e9c01',
  },
  {
    key: 'hugo',
    name: 'Hugo Bernard',
    role: 'Adjoint',
    aadObjectId: '2e9b7d14-84f1-4f0e-9b1c-51c7e3a6d802',
  },
  {
    key: 'ines',
    name: 'Inès Petit',
    role: 'Collègue',
    aadObjectId: '3c48f0b7-62a9-4d7d-a0f4-0e5b92d17f03',
  },
  {
    key: 'karim',
    name: 'Karim Leroy',
    role: 'Administrateur',
    aadObjectId: '4ab5e396-19cd-4e82-b7a3-d8f60c24be04',
  },
];
