"""What columns of ratings are called, in the languages of people who have such tables."""

import re
import unicodedata

RATER_NAMES = re.compile(
    r"(the_)?(rater|reviewer|interviewer|recruiter|assessor|evaluator|judge|panelist|panellist|scorer|grader|coder|"
    r"annotator|rated_by|reviewed_by|assessed_by|scored_by|interviewed_by|evaluated_by|screener|hiring_manager|"
    r"bewerter|bewerterin|bewertet_von|beurteiler|beurteilerin|interviewerin|interviewer_in|prufer|pruferin|gutachter|"
    r"gutachterin|recruiterin|evaluateur|evaluatrice|recruteur|recruteuse|examinateur|jury|jure|entrevistador|"
    r"entrevistadora|evaluador|evaluadora|reclutador|reclutadora|valutatore|valutatrice|intervistatore|selezionatore|"
    r"beoordelaar|avaliador|avaliadora|recrutador|entrevistador_a)(_?(name|id|no|nr|email))?"
)
ITEM_NAMES = re.compile(
    r"(candidate|applicant|applicants|candidates|resume|resumes|cv|item|application|profile|person|dossier|case|essay|"
    r"response|bewerber|bewerberin|bewerbung|kandidat|kandidatin|lebenslauf|candidat|candidate_e|candidature|profil|"
    r"candidato|candidata|candidatura|curriculum|solicitante|aspirante|sollicitant|kandidaat)"
    r"(_?(name|id|no|nr|number|code|key|nummer|in))?"
)
PLAIN_ITEM_NAMES = re.compile(r"(id|name|code|key|number|nr|no|nummer|nom|nombre|nome|naam|column_1|unnamed_0)")
BEST_RATING_NAMES = re.compile(
    r"(overall|total|overall_(rating|score|impression|mark)|gesamt|gesamteindruck|gesamtnote|gesamturteil|"
    r"gesamtbewertung|note_globale|global|recommendation|empfehlung|recommandation|verdict|globale)"
)
RATING_NAMES = re.compile(
    r"(rating|ratings|score|scores|grade|mark|marks|points|stars|value|evaluation|assessment|judgement|judgment|vote|"
    r"decision|result|bewertung|note|punkte|punktzahl|urteil|sterne|ergebnis|votum|score_.*|rating_.*|points_.*|"
    r"appreciation|puntuacion|calificacion|nota|valutazione|punteggio|voto|beoordeling|cijfer|avaliacao)"
)
ORDER_NAMES = re.compile(
    r"(order|sequence|seq|position|nth|turn|rated_at|rated_on|timestamp|time|date|submitted|submitted_at|created|"
    r"created_at|date_rated|rating_order|rating_date|reihenfolge|reihung|zeitpunkt|zeit|datum|zeitstempel|ordre|heure|"
    r"orden|fecha|hora|ordine|data|volgorde)"
)
_SUMMARIES = (
    r"(average|avg|mean|total|sum|median|std|sd|stdev|variance|range|spread|minimum|maximum|rank|ranking|consensus|"
    r"count|n_ratings|durchschnitt|mittelwert|mittel|schnitt|summe|gesamt|insgesamt|anzahl|streuung|moyenne|somme|"
    r"ecart_type|effectif|promedio|media|suma|totale|somma|gemiddelde|totaal|soma)"
)
_SUMMARY_NAMES = re.compile(
    rf"((row|col|column|panel|overall|final|weighted|ratings?|scores?|item|group|grand|team)_)?{_SUMMARIES}"
    r"(_(of|all|ratings?|scores?|marks?|raters?|points|panel|reviewers|interviewers|dev|deviation|bewertung|punkte|note|"
    r"general|generale|total))*"
)
_MEAN_SIGNS = frozenset({"ø", "⌀", "∅", "σ", "∑"})
OTHER_NAMES = re.compile(
    r"(.*_)?(years?|age|experience|salary|id|no|nr|email|phone|date|sex|gender|degree|comments?|remarks?|reason|"
    r"department|team|job|role|stage|phase|round|location|site|gap|zip|plz|jahre|alter|erfahrung|gehalt|abteilung|"
    r"kommentar|bemerkung|geschlecht|stelle|annees|commentaire|edad|comentario|anni|eta)(_.*)?"
)


def plain_name(name: str) -> str:
    """Return a column's name in small letters without accents, one underscore between words.

    Examples
    --------
    >>> plain_name("Bewertet von"), plain_name("Évaluateur"), plain_name("CandidateId")
    ('bewertet_von', 'evaluateur', 'candidate_id')
    """
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name.strip())
    bare = "".join(each for each in unicodedata.normalize("NFKD", spaced) if not unicodedata.combining(each))
    return re.sub(r"[^a-z0-9]+", "_", bare.casefold()).strip("_")


def is_summary(name: str) -> bool:
    """Whether a name is that of a total, an average or the like.

    Examples
    --------
    >>> is_summary("Average"), is_summary("Ø"), is_summary("Durchschnitt"), is_summary("Maxine")
    (True, True, True, False)
    """
    return name.strip().casefold() in _MEAN_SIGNS or bool(_SUMMARY_NAMES.fullmatch(plain_name(name)))
