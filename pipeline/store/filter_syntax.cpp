#include "pipeline/store/filter_syntax.h"

namespace mien {
namespace {

using Kind = FilterTerm::Kind;
using Compare = FilterTerm::Compare;

constexpr int deepest = 100;   // parentheses and NOTs within each other
constexpr int mostTerms = 400; // SQLite takes expressions up to a depth of 1000

class Parser
{
public:
    explicit Parser(std::string_view text)
        : m_text(text)
    {
    }

    Result<FilterTerm> parse()
    {
        skipBlanks();
        if (atEnd())
            return FilterTerm{};
        auto term = any();
        if (!term)
            return term;
        if (!atEnd())
            return wrong(m_at, "this ')' closes nothing");
        return term;
    }

private:
    Result<FilterTerm> any()
    {
        return joined(Kind::Or, "OR", [this] { return all(); });
    }

    Result<FilterTerm> all()
    {
        FilterTerm term;
        term.kind = Kind::And;
        while (true) {
            auto part = negated();
            if (!part)
                return part;
            term.parts.push_back(std::move(*part));
            skipBlanks();
            if (atEnd() || peek() == ')' || isWord("OR"))
                break;
            takeWord("AND");
        }
        return term.parts.size() == 1 ? std::move(term.parts.front()) : std::move(term);
    }

    template <typename Part>
    Result<FilterTerm> joined(Kind kind, std::string_view word, Part next)
    {
        FilterTerm term;
        term.kind = kind;
        do {
            auto part = next();
            if (!part)
                return part;
            term.parts.push_back(std::move(*part));
            skipBlanks();
        } while (takeWord(word));
        return term.parts.size() == 1 ? std::move(term.parts.front()) : std::move(term);
    }

    Result<FilterTerm> negated()
    {
        skipBlanks();
        if (++m_depth > deepest)
            return wrong(m_at, "too many parentheses within each other");
        auto term = negatedWithin();
        --m_depth;
        return term;
    }

    Result<FilterTerm> negatedWithin()
    {
        if (takeWord("NOT") || takeMinus()) {
            auto part = negated();
            if (!part)
                return part;
            FilterTerm term;
            term.kind = Kind::Not;
            term.parts.push_back(std::move(*part));
            return term;
        }
        if (!atEnd() && peek() == '(') {
            const std::size_t opened = m_at++;
            auto term = any();
            if (!term)
                return term;
            skipBlanks();
            if (atEnd())
                return wrong(opened, "this '(' is never closed");
            ++m_at; // any() stops at ')' or the end
            return term;
        }
        return comparisonOrWord();
    }

    Result<FilterTerm> comparisonOrWord()
    {
        if (atEnd())
            return wrong(m_at, "something to look for is missing here");
        if (peek() == ')')
            return wrong(m_at, "something to look for is missing before ')'");
        if (isWord("AND") || isWord("OR"))
            return wrong(m_at, "something to look for is missing before " + std::string(isWord("OR") ? "OR" : "AND"));
        if (++m_terms > mostTerms)
            return wrong(m_at, "the filter has more than " + std::to_string(mostTerms) + " terms");

        FilterTerm term;
        term.position = positionOf(m_at);
        if (peek() != '"') {
            std::size_t end = m_at;
            while (end < m_text.size() && isFieldCharacter(m_text[end]))
                ++end;
            std::size_t afterOperator = end;
            if (end > m_at && takeOperator(afterOperator, term.compare)) {
                term.kind = Kind::Comparison;
                term.field = m_text.substr(m_at, end - m_at);
                m_at = afterOperator;
                return withValue(std::move(term));
            }
            std::size_t behind = m_at;
            if (takeOperator(behind, term.compare))
                return wrong(m_at, loneOperator(behind));
        }
        term.kind = Kind::Word;
        return withValue(std::move(term));
    }

    /// "label = fear": as words these would be looked for in the names of sources, and found nowhere.
    std::string loneOperator(std::size_t behind) const
    {
        const std::string op(m_text.substr(m_at, behind - m_at));
        std::size_t fieldEnd = m_at;
        while (fieldEnd > 0 && isBlank(m_text[fieldEnd - 1]))
            --fieldEnd;
        std::size_t field = fieldEnd;
        while (field > 0 && isFieldCharacter(m_text[field - 1]))
            --field;
        std::size_t value = behind;
        while (value < m_text.size() && isBlank(m_text[value]))
            ++value;
        std::size_t valueEnd = value;
        while (valueEnd < m_text.size() && isFieldCharacter(m_text[valueEnd]))
            ++valueEnd;
        return "'" + op + "' has no field right before it; write " +
               (field < fieldEnd ? std::string(m_text.substr(field, fieldEnd - field)) : "FIELD") + op +
               (value < valueEnd ? std::string(m_text.substr(value, valueEnd - value)) : "VALUE") +
               " without blanks, or put it in quotes to look for that text";
    }

    Result<FilterTerm> withValue(FilterTerm term)
    {
        term.valuePosition = positionOf(m_at);
        if (!atEnd() && peek() == '"') {
            const std::size_t close = m_text.find('"', m_at + 1);
            if (close == std::string_view::npos)
                return wrong(m_at, "this quote is never closed");
            term.value = m_text.substr(m_at + 1, close - m_at - 1);
            m_at = close + 1;
            if (term.kind == Kind::Comparison && term.value.empty())
                return wrong(m_at, "the value of '" + term.field + "' is empty");
            return term;
        }
        const std::size_t begin = m_at;
        while (!atEnd() && !isBlank(peek()) && peek() != '(' && peek() != ')' && peek() != '"')
            ++m_at;
        term.value = m_text.substr(begin, m_at - begin);
        if (term.value.empty())
            return wrong(begin, "a value is missing after '" + term.field + "'");
        return term;
    }

    static bool isBlank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

    static bool isFieldCharacter(char c)
    {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' ||
               c == '-' || static_cast<unsigned char>(c) >= 0x80;
    }

    bool takeOperator(std::size_t &at, Compare &compare) const
    {
        const auto is = [&](std::string_view op) { return m_text.substr(at).starts_with(op); };
        for (const auto &[op, meaning] : {std::pair<std::string_view, Compare>{"!=", Compare::NotEqual},
                                          {"<=", Compare::LessOrEqual},
                                          {">=", Compare::GreaterOrEqual},
                                          {"<", Compare::Less},
                                          {">", Compare::Greater},
                                          {"=", Compare::Equal},
                                          {":", Compare::Equal}}) {
            if (is(op)) {
                at += op.size();
                compare = meaning;
                return true;
            }
        }
        return false;
    }

    /// A minus is NOT when something follows it at once.
    bool takeMinus()
    {
        if (atEnd() || peek() != '-' || m_at + 1 >= m_text.size() || isBlank(m_text[m_at + 1]))
            return false;
        ++m_at;
        return true;
    }

    bool isWord(std::string_view word) const
    {
        if (!m_text.substr(m_at).starts_with(word))
            return false;
        const std::size_t end = m_at + word.size();
        return end == m_text.size() || isBlank(m_text[end]) || m_text[end] == '(' || m_text[end] == ')' ||
               m_text[end] == '"';
    }

    bool takeWord(std::string_view word)
    {
        skipBlanks();
        if (!isWord(word))
            return false;
        m_at += word.size();
        skipBlanks();
        return true;
    }

    void skipBlanks()
    {
        while (!atEnd() && isBlank(peek()))
            ++m_at;
    }

    bool atEnd() const { return m_at >= m_text.size(); }
    char peek() const { return m_text[m_at]; }

    /// In characters, not bytes.
    int positionOf(std::size_t at) const
    {
        int position = 1;
        for (std::size_t i = 0; i < at && i < m_text.size(); ++i)
            position += (static_cast<unsigned char>(m_text[i]) & 0xc0) != 0x80 ? 1 : 0;
        return position;
    }

    tl::unexpected<Error> wrong(std::size_t at, const std::string &what) const
    {
        return fail(ErrorCode::Invalid, "position " + std::to_string(positionOf(at)) + ": " + what + ".");
    }

    std::string_view m_text;
    std::size_t m_at = 0;
    int m_depth = 0;
    int m_terms = 0;
};

} // namespace

Result<FilterTerm> parseFilter(std::string_view text)
{
    return Parser(text).parse();
}

} // namespace mien
