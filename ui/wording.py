"""Every sentence the browser side shows, by language, with dates and numbers as readers write."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from archive.dates import month_end
from archive.documents import UNDETERMINED, Filters

VERY_LIKELY, LIKELY = 0.8, 0.65  # confidences from which on an answer is said to be so

# Each (singular, plural), with {} where the number stands.
Counted = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Wording:
    """The interface in one language. Words in braces are filled in by the page."""

    language: str
    own_name: str
    decimal_mark: str
    thousands_mark: str
    day_form: str  # of {day} {month} {year}
    first_of_month: str
    date_widget: str
    months: tuple[str, ...]
    languages: Mapping[str, str]
    refused_because: Mapping[str, str]  # by code; a code that is absent keeps its own sentence
    steps: Mapping[str, str]  # of the indexer

    page_ask: str
    page_archive: str
    tagline: str
    interface_language: str
    opening: str
    cannot_open: str
    damaged: str
    busy: str
    bug_title: str
    bug: str
    reference: str
    articles: Counted
    passages: Counted
    indexed_on: str
    seconds: str

    question: str
    question_hint: str
    ask: str
    examples: str
    searching: str
    confidence: str
    very_likely: str
    likely: str
    doubtful: str
    refused: str
    closest: str
    found: str
    nothing_passes: str
    unheld: str
    clear_filters: str
    filters: str
    filtered: str
    filter_languages: str
    filter_sources: str
    filter_since: str
    filter_until: str
    own_language_first: str
    own_language_first_help: str
    first_in_language: str
    first_in_no_language: str
    every_language: str
    every_source: str
    no_folder: str
    since_day: str
    until_day: str
    preferred_time: str
    prefer_time: str
    any_time_help: str
    only_time: str
    only_time_help: str
    only_of_time: str
    every_time_help: str
    time_of_day: str
    time_between: str
    time_since: str
    time_until: str
    context: str
    open_citation: str
    open_in_place: str
    by_meaning: str
    by_words: str
    shared_words: str
    in_period: str
    also_in: str
    filter_years: str
    dated_articles: Counted
    undated: Counted
    undated_out: Counted
    without_filter: Counted
    preview: str
    preview_help: str
    sources: Counted
    sources_of: str
    sources_from: str
    without_date: Counted
    refused_unsure: str
    refused_empty: str
    any_date: str
    any_language: str
    any_source: str
    related: str
    language_mix: str
    cited_above: str
    more_passages: str

    close: str
    previous: str
    previous_help: str
    next: str
    next_help: str
    article_text: str
    file: str
    download_file: str
    file_gone: str
    file_changed: str
    date_stated: str
    date_inferred: str
    date_of_file: str
    date_unknown: str
    similar: str
    open_similar: str

    ignored: str
    ignored_question: str
    ignored_language: str
    ignored_source: str
    ignored_date: str
    ignored_time: str
    ignored_first: str
    ignored_article: str
    ignored_place: str
    ignored_interface: str

    indexed: str
    model: str
    duplicates: Counted
    refused_files: Counted
    by_language: str
    by_year: str
    column_language: str
    column_year: str
    column_articles: str
    column_file: str
    column_reason: str
    column_same_as: str
    column_similarity: str
    none_refused: str
    none_duplicate: str
    reindexing: str
    reindex: str
    reindex_help: str
    starting: str
    still_answering: str
    never_run: str
    running: str
    done: str
    done_unchanged: str
    failed: str
    interrupted: str
    cancelled: str
    report: str
    new_files: Counted
    changed_files: Counted
    removed_files: Counted
    encoded_texts: Counted

    # Files that come in.
    adding: str
    add_files: str
    add_files_help: str
    add_folder: str
    add_folder_help: str
    add_replacing: str
    add: str
    files_found: Counted
    fates: Mapping[str, str]  # by code
    renamed_note: str
    column_fate: str
    column_place: str

    # An answer taken along, judged, and found again.
    ignored_snapshot: str
    archive_changed: str
    take_along: str
    take_answer: str
    take_citations: str
    download_as: str
    copy_text: str
    permanent_link: str
    permanent_link_help: str
    cited_articles: str
    answered_from: str
    taken_on: str
    characters: str
    star: str
    unstar: str
    starred: str
    history: str
    further_questions: Counted
    history_note: str
    reopen: str
    clear_history: str
    without_words: str
    was_it_right: str
    verdict_kept: str
    verdict_lost: str
    reason: str
    reasons: Mapping[str, str]  # by code
    reason_words: str
    send_reason: str
    reason_kept: str
    page_explore: str
    parts: str
    part_browse: str
    part_timeline: str
    part_matter: str
    part_compare: str
    part_batch: str
    ignored_part: str
    ignored_title: str
    ignored_order: str
    ignored_page: str
    title_words: str
    every_day_help: str
    order: str
    list_alt: str
    list_help: str
    column_title: str
    column_date: str
    column_source: str
    column_basis: str
    column_versions: str
    basis_stated: str
    basis_inferred: str
    basis_of_file: str
    basis_unknown: str
    ask_with: str
    column_time: str
    other_languages: str
    undated_in_no_bar: Counted
    timeline_help: str
    timeline_alt: str
    timeline_numbers: str
    find_article: str
    find_first: str
    find_other: str
    newest: str
    no_such_title: str
    another_article: str
    read_article: str
    compare_both: str
    from_here: str
    same_release: str
    versions_of: str
    shared_sentences: Counted
    none_shared: str
    questions: Counted
    batch_help: str
    batch_list: str
    batch_hint: str
    batch_file: str
    batch_cut: Counted
    batch_left: Counted
    batch_unreadable: str
    batch_start: str
    batch_stop: str
    batch_resume: str
    batch_progress: str
    batch_download: str
    batch_alt: str
    batch_row_help: str
    batch_open: str
    batch_another: str
    column_question: str
    column_answer: str
    column_confidence: str
    column_citations: str

    # Who may do what, and what admins do.
    roles: Mapping[str, str]  # by code
    no_role: str
    open_to_this_machine: str
    only_for: str
    as_admin: str
    sign_in: str
    sign_out: str
    not_done: str
    cancel_run: str
    cancel_run_help: str
    run_log: str
    snapshots: str
    column_snapshot: str
    column_created: str
    column_state: str
    whole_snapshot: str
    damaged_snapshot: str
    roll_back: str
    roll_back_means: str
    roll_back_now: str
    keep_current: str
    audit: str
    show_audit: str
    audit_whole: Counted
    audit_damaged: str
    audit_download: str
    column_who: str
    column_action: str
    column_outcome: str
    column_about: str
    actions: Mapping[str, str]  # by code; a code that is absent is shown as it is
    outcomes: Mapping[str, str]  # by code

    def count(self, number: int, counted: Counted) -> str:
        singular, plural = counted
        one = number < 2 if self.language == "fr" else number == 1
        return (singular if one else plural).format(self.number(number))

    def number(self, number: int) -> str:
        return f"{number:,}".replace(",", self.thousands_mark)

    def duration(self, seconds: float) -> str:
        digits = 2 if seconds < 10 else 0
        return self.seconds.format(f"{seconds:.{digits}f}".replace(".", self.decimal_mark))

    def day(self, day: date) -> str:
        """14 janvier 2025, 14 January 2025."""
        number = self.first_of_month if day.day == 1 else str(day.day)
        return self.day_form.format(day=number, month=self.months[day.month - 1], year=day.year)

    def period(self, first: date | None, last: date | None) -> str:
        """octobre 2025, 2023, le 5 mars 2025, the time since 1 June 2025; not both None."""
        if first is None or last is None:
            form, day = (self.time_since, first) if first else (self.time_until, last)
            return form.format(self.day(day)) if day else ""
        if first == last:
            return self.time_of_day.format(self.day(first))
        whole_months = first.day == 1 and last == month_end(last)
        if whole_months and (first.year, first.month) == (last.year, last.month):
            return f"{self.months[first.month - 1]} {first.year}"
        if whole_months and first.year == last.year and last.month - first.month == 11:
            return str(first.year)
        return self.time_between.format(self.day(first), self.day(last))

    def moment(self, moment: datetime) -> str:
        return f"{self.day(moment)}, {moment:%H:%M}"

    def filters_told(self, filters: Filters) -> str:
        """The filters in one line, empty where there are none."""
        parts = [self.name_of(language) for language in sorted(filters.languages)]
        parts += [source or self.no_folder for source in sorted(filters.sources)]
        if filters.since:
            parts.append(self.since_day.format(self.day(filters.since)))
        if filters.until:
            parts.append(self.until_day.format(self.day(filters.until)))
        return ", ".join(parts)

    def how_sure(self, confidence: float) -> str:
        """A confidence from 0 to 1 in words."""
        if confidence >= VERY_LIKELY:
            return self.very_likely
        return self.likely if confidence >= LIKELY else self.doubtful

    def name_of(self, language: str) -> str:
        """What a language is called; its code where there is no name."""
        return self.languages.get(language, language)


FRENCH = Wording(
    language="fr",
    own_name="Français",
    decimal_mark=",",
    thousands_mark="\u202f",
    day_form="{day} {month} {year}",
    first_of_month="1er",
    date_widget="DD/MM/YYYY",
    months=(
        "janvier", "février", "mars", "avril", "mai", "juin",
        "juillet", "août", "septembre", "octobre", "novembre", "décembre",
    ),
    languages={
        "ar": "arabe", "bg": "bulgare", "ca": "catalan", "cs": "tchèque", "da": "danois",
        "de": "allemand", "el": "grec", "en": "anglais", "es": "espagnol", "et": "estonien",
        "fa": "persan", "fi": "finnois", "fr": "français", "he": "hébreu", "hr": "croate",
        "hu": "hongrois", "hy": "arménien", "it": "italien", "ja": "japonais", "ka": "géorgien",
        "ko": "coréen", "lt": "lituanien", "lv": "letton", "mk": "macédonien",
        "nl": "néerlandais", "no": "norvégien", "pl": "polonais", "pt": "portugais",
        "ro": "roumain", "ru": "russe", "sk": "slovaque", "sl": "slovène", "sq": "albanais",
        "sr": "serbe", "sv": "suédois", "tr": "turc", "uk": "ukrainien", "zh": "chinois",
        UNDETERMINED: "langue indéterminée",
    },
    refused_because={
        "empty": "Le fichier ne contient aucun texte.",
        "only_furniture": "Il ne reste rien du fichier une fois ôté l’habillage du site.",
        "binary": "Le fichier n’est pas du texte.",
        "unreadable": "Le fichier est illisible.",
        "too_large": "Le fichier dépasse 20 Mo, ou 100 Mo s’il est un .zip.",
        "outside_folder": "Le lien mène hors du dossier des articles.",
        "unsupported_format": "Seuls les fichiers .txt, .md, .html, .pdf et .docx sont lus.",
        "unusable_name": "Le nom du fichier n’est pas de l’Unicode valide, ou n’en laisse rien.",
        "damaged": "Le fichier est abîmé, ou n’est pas du format que son nom annonce.",
        "encrypted": "Le fichier est chiffré.",
        "bomb": "Décompressé, le fichier dépasse toute taille plausible.",
        "nested_archive": "Le fichier contient une autre archive.",
        "declares_entities": "Le fichier déclare des entités, dont aucun document n’a besoin.",
        "too_long": "Le fichier dépasse 2 000 pages ou 5 millions de caractères.",
        "too_slow": "La lecture du fichier prend plus de temps que permis.",
        "too_much_memory": "La lecture du fichier demande plus de 1 Go de mémoire.",
        "crashed": "Le fichier fait échouer le programme qui le lit.",
        "absent_page": "Le plan du site annonce cette page, qui n’est pas là : enregistrez-la, "
        "puis ajoutez-la.",
    },
    steps={
        "reading": "lecture des fichiers",
        "preparing": "préparation des articles",
        "chunking": "découpage en passages",
        "encoding": "calcul des vecteurs",
        "writing": "écriture de l’index",
    },
    page_ask="Interroger",
    page_archive="Archive",
    tagline="Chaque phrase de la réponse est citée d’un article et montrée à sa place.",
    interface_language="Langue de l’interface",
    opening="Ouverture de l’archive…",
    cannot_open="L’archive ne peut pas être ouverte",
    damaged="L’index le plus récent est endommagé\u00a0; celui du {} répond à sa place.",
    busy="Beaucoup de questions arrivent en ce moment. Reposez la vôtre dans un instant.",
    bug_title="Une erreur s’est produite",
    bug="Rechargez la page\u00a0; si l’erreur revient, signalez-la avec sa référence.",
    reference="Référence {}.",
    articles=("{} article", "{} articles"),
    passages=("{} passage", "{} passages"),
    indexed_on="index du {}",
    seconds="{}\u00a0s",
    question="Votre question",
    question_hint="Posez une question à l’archive, dans n’importe quelle langue",
    ask="Chercher",
    examples="Par exemple, d’après les titres de l’archive",
    searching="Recherche dans l’archive…",
    confidence="Confiance\u00a0: {}",
    very_likely="très probable",
    likely="probable",
    doubtful="à vérifier",
    refused="Rien dans l’archive ne répond à cette question.",
    closest="Les passages les plus proches",
    found="Passages trouvés",
    nothing_passes="Aucun article ne passe ces filtres.",
    unheld="Aucun passage ne contient mot pour mot ce qui est entre guillemets\u00a0; ces mots ont "
    "été cherchés séparément.",
    clear_filters="Ôter les filtres",
    filters="Filtres",
    filtered="Filtres\u00a0:",
    filter_languages="Langues",
    filter_sources="Sources",
    filter_since="Depuis le",
    filter_until="Jusqu’au",
    own_language_first="Langue de la question d’abord",
    own_language_first_help="Place ce qui est dans la langue de la question avant tout le reste.",
    first_in_language="D’abord dans la langue de la question\u00a0: {}",
    first_in_no_language="La question est trop courte pour dire sa langue.",
    every_language="Toutes les langues",
    every_source="Toutes les sources",
    no_folder="(hors dossier)",
    since_day="depuis le {}",
    until_day="jusqu’au {}",
    preferred_time="Préférence à ce qui concerne {}",
    prefer_time="Préférer ce qui concerne {}",
    any_time_help="Ne plus tenir compte de cette période",
    only_time="Seulement cette période",
    only_time_help="Ne chercher que dans les articles publiés alors",
    only_of_time="Seulement les articles de cette période\u00a0: {}",
    every_time_help="Chercher de nouveau dans les articles de toute date",
    time_of_day="le {}",
    time_between="la période du {} au {}",
    time_since="la période depuis le {}",
    time_until="la période jusqu’au {}",
    context="Contexte\u00a0: la phrase d’avant, qui n’est pas la réponse",
    open_citation="Ouvrir l’article à cette phrase",
    open_in_place="Lire à sa place",
    by_meaning="par le sens (rang {})",
    by_words="par les mots (rang {})",
    shared_words="mots communs\u00a0: {}",
    in_period="de cette période",
    also_in="aussi en\u00a0:",
    filter_years="Années",
    dated_articles=("{} article daté", "{} articles datés"),
    undated=("{} article sans date, compris", "{} articles sans date, compris"),
    undated_out=("{} article sans date reste de côté", "{} articles sans date restent de côté"),
    without_filter=("Ôter ce filtre\u00a0: {} article", "Ôter ce filtre\u00a0: {} articles"),
    preview="Aperçu",
    preview_help="La phrase dans son paragraphe",
    sources=("{} article cité", "{} articles cités"),
    sources_of="{}, du {}",
    sources_from="{}, du {} au {}",
    without_date=("dont {} sans date", "dont {} sans date"),
    refused_unsure="Aucune phrase n’y répond assez sûrement pour être citée. Voici ce qui s’en "
    "approche le plus.",
    refused_empty="Aucun passage n’a pu être comparé à la question.",
    any_date="Toutes les dates",
    any_language="Toutes les langues",
    any_source="Toutes les sources",
    related="Questions voisines, d’après les titres trouvés",
    language_mix="Langues trouvées\u00a0:",
    cited_above="cité ci-dessus",
    more_passages="Plus de passages",
    close="Fermer",
    previous="Précédente",
    previous_help="Citation précédente",
    next="Suivante",
    next_help="Citation suivante",
    article_text="Texte de l’article",
    file="fichier {}",
    download_file="Télécharger le fichier",
    file_gone="Le fichier n’est plus dans le dossier des articles\u00a0; le texte "
    "ci-dessous est celui qui a été indexé.",
    file_changed="Le fichier a changé depuis l’indexation\u00a0; le texte ci-dessous "
    "est celui qui a été indexé.",
    date_stated="{} (date indiquée)",
    date_inferred="{} (date déduite du texte)",
    date_of_file="{} (date de création du fichier)",
    date_unknown="date inconnue",
    similar="Dans les archives sur le même sujet",
    open_similar="Ouvrir cet article",
    ignored="Une partie de l’adresse a été ignorée\u00a0: {}.",
    ignored_question="la question dépasse 500 caractères et a été coupée",
    ignored_language="une langue n’est pas dans l’archive",
    ignored_source="une source n’est pas dans l’archive",
    ignored_date="une date n’en est pas une",
    ignored_time="la période ne se choisit pas ainsi",
    ignored_first="l’ordre des langues ne se choisit pas ainsi",
    ignored_article="cet article n’est pas dans l’archive",
    ignored_place="ce passage n’est pas dans l’article",
    ignored_interface="cette langue d’interface n’existe pas",
    indexed="Index du {}",
    model="Modèle {}",
    duplicates=("{} doublon", "{} doublons"),
    refused_files=("{} fichier refusé", "{} fichiers refusés"),
    by_language="Articles par langue",
    by_year="Articles par année",
    column_language="Langue",
    column_year="Année",
    column_articles="Articles",
    column_file="Fichier",
    column_reason="Raison",
    column_same_as="Même texte que",
    column_similarity="Texte commun",
    none_refused="Aucun fichier n’a été refusé.",
    none_duplicate="Aucun fichier n’en répète un autre.",
    reindexing="Réindexation",
    reindex="Réindexer maintenant",
    reindex_help="Relit le dossier des articles et ne recalcule que ce qui a changé.",
    starting="Démarrage…",
    still_answering="L’index actuel continue de répondre pendant ce temps.",
    never_run="Aucune indexation n’a encore laissé de trace ici.",
    running="Indexation en cours\u00a0: {}",
    done="Indexation terminée le {}",
    done_unchanged="Rien n’a changé\u00a0: l’index reste celui d’avant (vérifié le {})",
    failed="L’indexation a échoué",
    interrupted="L’indexation s’est interrompue sans un mot\u00a0; l’index d’avant est intact.",
    cancelled="L’indexation a été annulée\u00a0; la prochaine reprendra où elle en était.",
    report="En {}\u00a0: {}.",
    new_files=("{} nouveau fichier", "{} nouveaux fichiers"),
    changed_files=("{} modifié", "{} modifiés"),
    removed_files=("{} supprimé", "{} supprimés"),
    encoded_texts=("{} vecteur calculé", "{} vecteurs calculés"),
    adding="Ajouter des fichiers",
    add_files="Fichiers",
    add_files_help="Articles .txt, .md, .html, .pdf et .docx (20 Mo au plus), flux RSS ou Atom, ou "
    "un .zip de tout cela (100 Mo au plus).",
    add_folder="Dossier",
    add_folder_help="Sous le dossier des articles\u00a0; le premier dossier est la source.",
    add_replacing="Remplacer les fichiers du même nom",
    add="Ajouter",
    files_found=("{} fichier reçu", "{} fichiers reçus"),
    fates={
        "taken": "ajouté",
        "renamed": "ajouté sous un autre nom",
        "replaced": "remplacé",
        "same": "déjà là",
        "left_out": "laissé de côté",
        "refused": "refusé",
    },
    renamed_note="Un autre fichier portait déjà ce nom\u00a0; les deux sont gardés.",
    column_fate="Ce qu’il est devenu",
    column_place="Emplacement",
    ignored_snapshot="l’état de l’archive n’est pas nommé ainsi",
    archive_changed="L’archive a changé depuis que ce lien a été fait\u00a0; de quel jour il "
    "date, il ne le dit pas. Ce qui suit vient de l’index du {}.",
    take_along="Emporter",
    take_answer="La réponse",
    take_citations="Les articles cités",
    download_as="Télécharger\u00a0: {}",
    copy_text="Le texte à copier",
    permanent_link="Lien permanent",
    permanent_link_help="Rouvre la question, ses filtres, l’article et la phrase, et dit si "
    "l’archive a changé depuis.",
    cited_articles="Articles cités",
    answered_from="Archive\u00a0: {}, index du {}, modèle {}",
    taken_on="Emporté le {}",
    characters="caractères {} à {}",
    star="Marquer d’une étoile",
    unstar="Ôter l’étoile",
    starred="Marquée d’une étoile",
    history="Vos questions",
    further_questions=("{} autre question", "{} autres questions"),
    history_note="Gardées le temps de cette session, nulle part ailleurs\u00a0; fermer la page "
    "les efface.",
    reopen="Rouvrir la question",
    clear_history="Tout effacer, étoiles comprises",
    without_words="(sans mots)",
    was_it_right="Est-ce juste\u00a0?",
    verdict_kept="Merci. L’avis est gardé avec la question et la réponse, sans votre nom.",
    verdict_lost="L’avis n’a pas pu être gardé",
    reason="Qu’est-ce qui ne va pas\u00a0?",
    reasons={
        "wrong_passage": "mauvais passage",
        "outdated": "périmé",
        "wrong_language": "mauvaise langue",
        "missing_document": "il manque un document",
        "should_have_refused": "mieux valait ne pas répondre",
        "should_have_answered": "l’archive a la réponse",
    },
    reason_words="En quelques mots, si vous voulez",
    send_reason="Envoyer",
    reason_kept="Merci. Ce qui ne va pas est noté.",
    page_explore="Explorer",
    parts="Parties de la page",
    part_browse="Parcourir",
    part_timeline="Chronologie",
    part_matter="Même sujet",
    part_compare="Comparer",
    part_batch="Série de questions",
    ignored_part="la page n’a pas cette partie",
    ignored_title="les mots du titre dépassent 100 caractères et ont été coupés",
    ignored_order="la liste ne se trie pas ainsi",
    ignored_page="la page de la liste n’est pas un nombre",
    title_words="Mots du titre",
    every_day_help="Montrer de nouveau les articles de toute date",
    order="Tri",
    list_alt="Articles de l’archive",
    list_help="Cocher une ligne ouvre l’article\u00a0; l’en-tête d’une colonne trie.",
    column_title="Titre",
    column_date="Date",
    column_source="Source",
    column_basis="Datation",
    column_versions="Versions",
    basis_stated="indiquée",
    basis_inferred="déduite",
    basis_of_file="du fichier",
    basis_unknown="inconnue",
    ask_with="Interroger avec",
    column_time="Période",
    other_languages="autres langues",
    undated_in_no_bar=(
        "{} article sans date n’est dans aucune barre.",
        "{} articles sans date ne sont dans aucune barre.",
    ),
    timeline_help="Choisir une barre montre la liste des articles de cette période.",
    timeline_alt="Articles par période et par langue, du {} au {}",
    timeline_numbers="Les nombres du graphique",
    find_article="Trouver un article",
    find_first="Trouver le premier article",
    find_other="Trouver l’autre article",
    newest="Les plus récents",
    no_such_title="Aucun titre ne contient ces mots.",
    another_article="Un autre article",
    read_article="Lire",
    compare_both="Comparer les deux",
    from_here="Partir de celui-ci",
    same_release="version du même communiqué",
    versions_of="Versions du même communiqué",
    shared_sentences=(
        "{} phrase dit la même chose dans les deux articles\u00a0; elle porte le même numéro.",
        "{} phrases disent la même chose dans les deux articles\u00a0; elles portent les mêmes "
        "numéros.",
    ),
    none_shared="Aucune phrase ne dit la même chose dans les deux articles.",
    questions=("{} question", "{} questions"),
    batch_help="Au plus 200 questions de 500 caractères. Dans un fichier CSV\u00a0: la colonne "
    "nommée «\u00a0question\u00a0», sinon la première.",
    batch_list="Questions, une par ligne",
    batch_hint="Collez ici une liste de questions",
    batch_file="Ou un fichier CSV",
    batch_cut=(
        "{} question trop longue a été coupée", "{} questions trop longues ont été coupées",
    ),
    batch_left=("{} de trop est laissée de côté", "{} de trop sont laissées de côté"),
    batch_unreadable="Le fichier n’est pas un tableau de texte.",
    batch_start="Répondre à toutes",
    batch_stop="Arrêter",
    batch_resume="Continuer",
    batch_progress="{} sur {}",
    batch_download="Télécharger en {}",
    batch_alt="Questions et réponses",
    batch_row_help="Cocher une ligne montre sa réponse en entier.",
    batch_open="Ouvrir dans Interroger",
    batch_another="Une autre série",
    column_question="Question",
    column_answer="Réponse",
    column_confidence="Confiance",
    column_citations="Citations",
    roles={"reader": "lecture", "analyst": "analyse", "admin": "administration"},
    no_role="sans accès",
    open_to_this_machine="Sans connexion\u00a0: l’application ne répond qu’à cette machine, et "
    "tous ceux qui s’y trouvent peuvent l’administrer.",
    only_for="Cette page demande le rôle «\u00a0{}\u00a0». Connectez-vous avec un compte qui "
    "l’a, ou demandez-le à ceux qui administrent l’archive.",
    as_admin="Mot de passe d’administration",
    sign_in="Se connecter",
    sign_out="Se déconnecter",
    not_done="Rien n’a été fait",
    cancel_run="Annuler l’indexation",
    cancel_run_help="L’index actuel reste\u00a0; la prochaine indexation reprendra où en est "
    "celle-ci.",
    run_log="Journal de la dernière indexation",
    snapshots="États gardés de l’index",
    column_snapshot="État",
    column_created="Fait le",
    column_state="Intégrité",
    whole_snapshot="intact",
    damaged_snapshot="endommagé",
    roll_back="Revenir à l’index du {}",
    roll_back_means="L’index du {} répondra dès maintenant. Les fichiers des articles restent tels "
    "qu’ils sont\u00a0: la prochaine indexation les reprendra.",
    roll_back_now="Oui, y revenir",
    keep_current="Garder l’actuel",
    audit="Journal d’audit",
    show_audit="Montrer qui a fait quoi",
    audit_whole=(
        "{} ligne, telle qu’elle fut écrite.", "{} lignes, telles qu’elles furent écrites.",
    ),
    audit_damaged="La ligne {} n’est plus telle qu’elle fut écrite, ou ce qui la suivait a "
    "disparu.",
    audit_download="Tout le journal en CSV",
    column_who="Qui",
    column_action="Action",
    column_outcome="Issue",
    column_about="Objet",
    actions={
        "index": "indexer", "start": "lancer l’indexation", "cancel": "annuler l’indexation",
        "rollback": "revenir en arrière", "restore": "restaurer", "sign-in": "se connecter",
        "upload": "ajouter des fichiers", "import": "importer", "change-model": "changer de modèle",
    },
    outcomes={
        "begun": "commencé", "done": "fait", "failed": "échoué", "denied": "refusé",
    },
)  # fmt: skip

ENGLISH = Wording(
    language="en",
    own_name="English",
    decimal_mark=".",
    thousands_mark=",",
    day_form="{day} {month} {year}",
    first_of_month="1",
    date_widget="DD/MM/YYYY",
    months=(
        "January", "February", "March", "April", "May", "June",
        "July", "August", "September", "October", "November", "December",
    ),
    languages={
        "ar": "Arabic", "bg": "Bulgarian", "ca": "Catalan", "cs": "Czech", "da": "Danish",
        "de": "German", "el": "Greek", "en": "English", "es": "Spanish", "et": "Estonian",
        "fa": "Persian", "fi": "Finnish", "fr": "French", "he": "Hebrew", "hr": "Croatian",
        "hu": "Hungarian", "hy": "Armenian", "it": "Italian", "ja": "Japanese", "ka": "Georgian",
        "ko": "Korean", "lt": "Lithuanian", "lv": "Latvian", "mk": "Macedonian", "nl": "Dutch",
        "no": "Norwegian", "pl": "Polish", "pt": "Portuguese", "ro": "Romanian", "ru": "Russian",
        "sk": "Slovak", "sl": "Slovene", "sq": "Albanian", "sr": "Serbian", "sv": "Swedish",
        "tr": "Turkish", "uk": "Ukrainian", "zh": "Chinese",
        UNDETERMINED: "language undetermined",
    },
    refused_because={},
    steps={
        "reading": "reading the files",
        "preparing": "preparing the articles",
        "chunking": "cutting into passages",
        "encoding": "computing vectors",
        "writing": "writing the index",
    },
    page_ask="Ask",
    page_archive="Archive",
    tagline="Every sentence of an answer is quoted from an article and shown in its place.",
    interface_language="Interface language",
    opening="Opening the archive…",
    cannot_open="The archive cannot be opened",
    damaged="The newest index is damaged; the one of {} answers in its place.",
    busy="Many questions are arriving just now. Ask yours again in a moment.",
    bug_title="Something went wrong",
    bug="Reload the page; if it happens again, report it with its reference.",
    reference="Reference {}.",
    articles=("{} article", "{} articles"),
    passages=("{} passage", "{} passages"),
    indexed_on="indexed {}",
    seconds="{}\u00a0s",
    question="Your question",
    question_hint="Ask the archive a question, in any language",
    ask="Search",
    examples="For example, from the titles in the archive",
    searching="Searching the archive…",
    confidence="Confidence: {}",
    very_likely="very likely",
    likely="likely",
    doubtful="to be checked",
    refused="Nothing in the archive answers this question.",
    closest="The closest passages",
    found="Passages found",
    nothing_passes="No article passes these filters.",
    unheld="No passage holds word for word what is in quotation marks; those words were looked for "
    "one by one.",
    clear_filters="Clear the filters",
    filters="Filters",
    filtered="Filters:",
    filter_languages="Languages",
    filter_sources="Sources",
    filter_since="Since",
    filter_until="Until",
    own_language_first="Same language first",
    own_language_first_help="Puts what is in the question’s language before all else.",
    first_in_language="First in the question’s language: {}",
    first_in_no_language="The question is too short to tell its language.",
    every_language="Every language",
    every_source="Every source",
    no_folder="(in no folder)",
    since_day="since {}",
    until_day="until {}",
    preferred_time="Preferring what concerns {}",
    prefer_time="Prefer what concerns {}",
    any_time_help="Stop preferring this time",
    only_time="Only this time",
    only_time_help="Search only articles published then",
    only_of_time="Only articles of this time: {}",
    every_time_help="Search articles of every date again",
    time_of_day="{}",
    time_between="the time from {} to {}",
    time_since="the time since {}",
    time_until="the time until {}",
    context="Context: the sentence before, which is not the answer",
    open_citation="Open the article at this sentence",
    open_in_place="Read in its place",
    by_meaning="by meaning (rank {})",
    by_words="by words (rank {})",
    shared_words="words in common: {}",
    in_period="of that time",
    also_in="also in:",
    filter_years="Years",
    dated_articles=("{} dated article", "{} dated articles"),
    undated=("{} article without a date, included", "{} articles without a date, included"),
    undated_out=("{} article without a date stays out", "{} articles without a date stay out"),
    without_filter=("Take this filter off: {} article", "Take this filter off: {} articles"),
    preview="Preview",
    preview_help="The sentence in its paragraph",
    sources=("{} article cited", "{} articles cited"),
    sources_of="{}, of {}",
    sources_from="{}, from {} to {}",
    without_date=("{} without a date", "{} without a date"),
    refused_unsure="No sentence answers it surely enough to be quoted. Here is what comes closest.",
    refused_empty="There was no passage to compare the question with.",
    any_date="Any date",
    any_language="Any language",
    any_source="Any source",
    related="Related questions, from the titles that were found",
    language_mix="Languages found:",
    cited_above="quoted above",
    more_passages="More passages",
    close="Close",
    previous="Previous",
    previous_help="Previous citation",
    next="Next",
    next_help="Next citation",
    article_text="Text of the article",
    file="file {}",
    download_file="Download the file",
    file_gone="The file is no longer in the folder of articles; the text below is "
    "what was indexed.",
    file_changed="The file has changed since it was indexed; the text below is what was "
    "indexed.",
    date_stated="{} (date stated)",
    date_inferred="{} (date inferred from the text)",
    date_of_file="{} (date the file was made)",
    date_unknown="date unknown",
    similar="Also in the archive on this",
    open_similar="Open this article",
    ignored="Part of the address was ignored: {}.",
    ignored_question="the question is longer than 500 characters and was cut",
    ignored_language="a language is not in the archive",
    ignored_source="a source is not in the archive",
    ignored_date="a date is not one",
    ignored_time="the time is not chosen like that",
    ignored_first="the order of languages is not chosen like that",
    ignored_article="this article is not in the archive",
    ignored_place="this passage is not in the article",
    ignored_interface="there is no interface in that language",
    indexed="Indexed {}",
    model="Model {}",
    duplicates=("{} duplicate", "{} duplicates"),
    refused_files=("{} file refused", "{} files refused"),
    by_language="Articles by language",
    by_year="Articles by year",
    column_language="Language",
    column_year="Year",
    column_articles="Articles",
    column_file="File",
    column_reason="Reason",
    column_same_as="Same text as",
    column_similarity="Text in common",
    none_refused="No file was refused.",
    none_duplicate="No file repeats another.",
    reindexing="Re-indexing",
    reindex="Re-index now",
    reindex_help="Reads the articles folder again and computes only what has changed.",
    starting="Starting…",
    still_answering="The present index goes on answering meanwhile.",
    never_run="No indexing run has left a trace here yet.",
    running="Indexing: {}",
    done="Indexing finished on {}",
    done_unchanged="Nothing had changed: the index stays as it was (checked on {})",
    failed="Indexing failed",
    interrupted="Indexing stopped without a word; the index from before is intact.",
    cancelled="Indexing was called off; the next run goes on from where it was.",
    report="In {}: {}.",
    new_files=("{} new file", "{} new files"),
    changed_files=("{} changed", "{} changed"),
    removed_files=("{} removed", "{} removed"),
    encoded_texts=("{} vector computed", "{} vectors computed"),
    adding="Add files",
    add_files="Files",
    add_files_help="Articles as .txt, .md, .html, .pdf and .docx (20 MB at most), RSS or Atom "
    "feeds, or a .zip of all these (100 MB at most).",
    add_folder="Folder",
    add_folder_help="Below the folder of articles; the first folder is the source.",
    add_replacing="Replace files of the same name",
    add="Add",
    files_found=("{} file came in", "{} files came in"),
    fates={
        "taken": "added",
        "renamed": "added under another name",
        "replaced": "replaced",
        "same": "was there already",
        "left_out": "left out",
        "refused": "refused",
    },
    renamed_note="Another file had that name already; both are kept.",
    column_fate="What became of it",
    column_place="Where it is",
    ignored_snapshot="no state of the archive is named like that",
    archive_changed="The archive has changed since this link was made; the link does not say on "
    "what day that was. What follows is from the index of {}.",
    take_along="Take along",
    take_answer="The answer",
    take_citations="The cited articles",
    download_as="Download: {}",
    copy_text="Text to copy",
    permanent_link="Permanent link",
    permanent_link_help="Reopens the question, its filters, the article and the sentence, and "
    "says so if the archive has changed since.",
    cited_articles="Cited articles",
    answered_from="Archive: {}, indexed {}, model {}",
    taken_on="Taken along on {}",
    characters="characters {} to {}",
    star="Star",
    unstar="Take the star off",
    starred="Starred",
    history="Your questions",
    further_questions=("{} more question", "{} more questions"),
    history_note="Kept for this session and nowhere else; closing the page forgets them.",
    reopen="Reopen the question",
    clear_history="Clear all, stars too",
    without_words="(without words)",
    was_it_right="Is this right?",
    verdict_kept="Thank you. The verdict is kept with question and answer, without your name.",
    verdict_lost="The verdict could not be kept",
    reason="What is wrong?",
    reasons={
        "wrong_passage": "wrong passage",
        "outdated": "outdated",
        "wrong_language": "wrong language",
        "missing_document": "a document is missing",
        "should_have_refused": "better no answer",
        "should_have_answered": "the archive has the answer",
    },
    reason_words="In a few words, if you like",
    send_reason="Send",
    reason_kept="Thank you. What is wrong is noted.",
    page_explore="Explore",
    parts="Parts of the page",
    part_browse="Browse",
    part_timeline="Timeline",
    part_matter="Same matter",
    part_compare="Compare",
    part_batch="Batch of questions",
    ignored_part="the page has no such part",
    ignored_title="the words of the title are longer than 100 characters and were cut",
    ignored_order="the list is not sorted like that",
    ignored_page="the page of the list is not a number",
    title_words="Words of the title",
    every_day_help="Show articles of every date again",
    order="Sorted by",
    list_alt="Articles of the archive",
    list_help="Ticking a row opens its article; the heading of a column sorts.",
    column_title="Title",
    column_date="Date",
    column_source="Source",
    column_basis="Date basis",
    column_versions="Versions",
    basis_stated="stated",
    basis_inferred="inferred",
    basis_of_file="of the file",
    basis_unknown="unknown",
    ask_with="Ask with it",
    column_time="Time",
    other_languages="other languages",
    undated_in_no_bar=(
        "{} article without a date is in no bar.", "{} articles without a date are in no bar.",
    ),
    timeline_help="Choosing a bar lists the articles of its time.",
    timeline_alt="Articles by time and language, from {} to {}",
    timeline_numbers="The numbers of the chart",
    find_article="Find an article",
    find_first="Find the first article",
    find_other="Find the other article",
    newest="The newest",
    no_such_title="No title holds these words.",
    another_article="Another article",
    read_article="Read",
    compare_both="Compare the two",
    from_here="Start from this one",
    same_release="version of the same release",
    versions_of="Versions of the same release",
    shared_sentences=(
        "{} sentence says the same in both articles and has the same number.",
        "{} sentences say the same in both articles and have the same numbers.",
    ),
    none_shared="No sentence says the same in both articles.",
    questions=("{} question", "{} questions"),
    batch_help="At most 200 questions of 500 characters. Of a CSV file, the column named "
    "“question”, else the first.",
    batch_list="Questions, one a line",
    batch_hint="Paste a list of questions here",
    batch_file="Or a CSV file",
    batch_cut=("{} question was too long and is cut", "{} questions were too long and are cut"),
    batch_left=("{} too many is left out", "{} too many are left out"),
    batch_unreadable="The file is not a table of text.",
    batch_start="Answer them all",
    batch_stop="Stop",
    batch_resume="Go on",
    batch_progress="{} of {}",
    batch_download="Download as {}",
    batch_alt="Questions and answers",
    batch_row_help="Ticking a row shows its whole answer.",
    batch_open="Open in Ask",
    batch_another="Another batch",
    column_question="Question",
    column_answer="Answer",
    column_confidence="Confidence",
    column_citations="Citations",
    roles={"reader": "reader", "analyst": "analyst", "admin": "admin"},
    no_role="no access",
    open_to_this_machine="No sign-in: the app answers this machine only, and everyone there is an "
    "admin.",
    only_for="This page asks for the role “{}”. Sign in as someone who has it, or ask an admin for "
    "it.",
    as_admin="Admin’s password",
    sign_in="Sign in",
    sign_out="Sign out",
    not_done="Nothing was done",
    cancel_run="Call the run off",
    cancel_run_help="The present index stays; the next run goes on from where this one is.",
    run_log="Log of the last run",
    snapshots="Kept snapshots of the index",
    column_snapshot="Snapshot",
    column_created="Made on",
    column_state="State",
    whole_snapshot="whole",
    damaged_snapshot="damaged",
    roll_back="Go back to the index of {}",
    roll_back_means="The index of {} will answer from now on. The files of the articles stay as "
    "they are: the next run indexes them again.",
    roll_back_now="Yes, go back",
    keep_current="Keep the present one",
    audit="Audit log",
    show_audit="Show who did what",
    audit_whole=("{} line, as it was written.", "{} lines, each as it was written."),
    audit_damaged="Line {} is not as it was written, or what came after it is gone.",
    audit_download="The whole log as CSV",
    column_who="Who",
    column_action="Action",
    column_outcome="Outcome",
    column_about="About",
    actions={
        "index": "index", "start": "start indexing", "cancel": "call indexing off",
        "rollback": "go back", "restore": "restore", "sign-in": "sign in", "upload": "add files",
        "import": "import", "change-model": "change the model",
    },
    outcomes={"begun": "begun", "done": "done", "failed": "failed", "denied": "denied"},
)  # fmt: skip

WORDINGS = {wording.language: wording for wording in (FRENCH, ENGLISH)}


def preferred(locale: str | None) -> str:
    """The interface language for a browser's locale: French for fr*, else English."""
    return "fr" if (locale or "").lower().startswith("fr") else "en"
