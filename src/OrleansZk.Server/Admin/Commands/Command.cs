using System.Text;
using System.Text.Json;
using OrleansZk.Core.Sessions;
using OrleansZk.Server.Admin.Facts;

namespace OrleansZk.Server.Admin.Commands;

/// <summary>Something that operators can ask: a command of the admin port, and, when it is an <see cref="IFourLetterWord"/>, a word of the client port.</summary>
/// <remarks>Each kind has a file in this folder and a row in <see cref="CommandTable"/>.</remarks>
/// <param name="names">ZooKeeper's name for it, and then its aliases.</param>
internal abstract class Command(params string[] names)
{
    public string Name => Names[0];

    public IReadOnlyList<string> Names => names;

    /// <summary>False when it is answered over HTTP even while clients are not served.</summary>
    public virtual bool NeedsServing => true;

    /// <summary>Writes the properties of the answer, but for the command's name and the error.</summary>
    /// <returns>What is wrong; null for nothing.</returns>
    public abstract string? WriteJson(Utf8JsonWriter json, Question question);
}

/// <summary>A command that has a word of four letters.</summary>
internal interface IFourLetterWord
{
    string Word { get; }

    /// <summary>False when the word is answered even while clients are not served.</summary>
    bool WordNeedsServing => true;

    /// <summary>Bytes that follow the word.</summary>
    int ArgumentLength => 0;

    /// <summary>Writes the answer as ZooKeeper formats it.</summary>
    void WriteText(StringBuilder text, Question question);
}

/// <summary>What is asked, and by whom.</summary>
/// <param name="Asker">The connection that a four-letter word came on.</param>
/// <param name="Argument">The bytes after the word.</param>
/// <param name="Query">The parameters of the HTTP request.</param>
internal sealed record Question(
    ServerFacts Facts, ClientConnection? Asker = null, byte[]? Argument = null, IQueryCollection? Query = null);
